import type { Finding, Scan } from './scan.ts'

/**
 * Puts the findings in order and makes one of those that overlap, so that nothing of either is left: the surest rule
 * names the whole, of equals the longest. What reaches into a marker is an echo of earlier redaction, and goes.
 */
export function settle(scan: Scan): void {
  const { findings, markers } = scan
  if (findings.length === 0) return
  findings.sort((a, b) => a.start - b.start || b.end - a.end)
  let kept = 0
  let marker = 0
  for (const finding of findings) {
    while (marker < markers.length && markers[marker + 1]! <= finding.start) marker += 2
    const echo =
      marker < markers.length &&
      markers[marker]! < finding.end &&
      isEcho(finding, markers[marker]!, markers[marker + 1]!)
    if (echo) continue
    const last = kept > 0 ? findings[kept - 1]! : undefined
    if (last && finding.start < last.end) findings[kept - 1] = union(last, finding)
    else findings[kept++] = finding
  }
  findings.length = kept
}

/** Shapes are never made of markers, and a value that was replaced whole is all of its string; the rest is a guess. */
function isEcho(finding: Finding, start: number, end: number): boolean {
  return finding.rule.rank > 0 || (start <= finding.start && finding.end <= end)
}

function union(a: Finding, b: Finding): Finding {
  const longer = b.end - b.start > a.end - a.start ? b : a
  const surer = a.rule.rank === b.rule.rank ? longer : a.rule.rank < b.rule.rank ? a : b
  const bare = a.bare ?? b.bare
  return {
    start: Math.min(a.start, b.start),
    end: Math.max(a.end, b.end),
    rule: surer.rule,
    ...(bare !== undefined && { bare }),
    ...(a.object !== undefined && { object: a.object }),
  }
}
