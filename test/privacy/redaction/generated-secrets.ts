/** Numbers as if drawn at random, always the same for a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const digits = '0123456789'
const lowers = 'abcdefghijklmnopqrstuvwxyz'
const uppers = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const alphabets: Record<string, string> = {
  a: digits + lowers + uppers,
  u: `${digits + lowers + uppers}-_`,
  b: `${digits + lowers + uppers}+/`,
  h: `${digits}abcdef`,
  x: digits + lowers,
  U: digits + uppers,
  d: digits,
  l: lowers,
}

/** Renders a shape: `{a20}` is twenty letters and digits, the first of which are a small letter, a digit and a capital. */
export function render(shape: string, random: () => number): string {
  return shape.replace(/\{([aubhxUdl])(\d+)\}/g, (_, kind: string, count: string) => {
    const alphabet = alphabets[kind]!
    const drawn = Array.from(
      { length: Number(count) },
      () => alphabet[Math.floor(random() * alphabet.length)]!,
    )
    // Every key drawn from so many characters has each kind of them; short ones might miss one by chance.
    const sure = { a: 'k7Q', u: 'k7Q', b: 'k7Q', h: 'a7', x: 'k7', U: 'K7', d: '', l: '' }[kind]!
    for (const [at, each] of [...sure].entries()) if (drawn.length > at + 6) drawn[at + 2] = each
    return drawn.join('')
  })
}

/** Shapes of whole secrets, by the rule that finds them wherever they stand. */
export const shapes: Record<string, readonly string[]> = {
  'anthropic-api-key': ['sk-ant-api03-{u93}AA', 'sk-ant-admin01-{u93}AA', 'sk-ant-oat01-{u93}AA'],
  'openai-project-key': [
    'sk-proj-{u74}T3BlbkFJ{u74}',
    'sk-svcacct-{u74}T3BlbkFJ{u74}',
    'sk-admin-{u58}T3BlbkFJ{u58}',
  ],
  'openai-api-key': ['sk-{a20}T3BlbkFJ{a20}', 'sk-{a48}', 'sk-{h32}'],
  'openrouter-api-key': ['sk-or-v1-{h64}'],
  'xai-api-key': ['xai-{a80}'],
  'groq-api-key': ['gsk_{a52}'],
  'hugging-face-token': ['hf_{a34}', 'api_org_{a34}'],
  'replicate-api-token': ['r8_{a37}'],
  'perplexity-api-key': ['pplx-{a48}'],
  'langfuse-secret-key': ['sk-lf-{h8}-{h4}-{h4}-{h4}-{h12}'],
  'langsmith-api-key': ['lsv2_pt_{h32}_{h10}', 'lsv2_sk_{h32}_{h10}'],
  'nvidia-api-key': ['nvapi-{u64}'],
  'cerebras-api-key': ['csk-{x48}'],
  'fireworks-api-key': ['fw_{a24}'],
  'voyage-api-key': ['pa-{u43}'],
  'jina-api-key': ['jina_{h32}{u28}'],
  'pinecone-api-key': ['pcsk_{a6}_{a62}'],
  'tavily-api-key': ['tvly-{a32}', 'tvly-dev-{a32}'],
  'firecrawl-api-key': ['fc-{h32}'],
  'e2b-api-key': ['e2b_{h40}'],
  'elevenlabs-api-key': ['sk_{h48}'],
  'braintrust-api-key': ['sk-bt-{a48}', 'sk-helicone-{x7}-{x7}-{x7}-{x7}'],
  'google-api-key': ['AIza{u35}'],
  'google-oauth-token': ['ya29.a0{u160}', '1//0{u90}'],
  'google-client-secret': ['GOCSPX-{u28}'],
  'google-ai-studio-key': ['AQ.Ab{u50}'],
  'aws-access-key-id': ['AKIA{U16}', 'ASIA{U16}'],
  'aws-bedrock-key': ['ABSK{b108}'],
  'azure-client-secret': ['{a3}8Q~{u34}'],
  'digitalocean-token': ['dop_v1_{h64}', 'doo_v1_{h64}', 'dor_v1_{h64}'],
  'alibaba-access-key-id': ['LTAI{a20}'],
  'vault-token': ['hvs.{u96}', 'hvb.{u140}'],
  'terraform-token': ['{a14}.atlasv1.{u67}'],
  'databricks-token': ['dapi{h32}', 'dapi{h32}-2'],
  'doppler-token': ['dp.pt.{a43}', 'dp.st.dev.{a43}'],
  'pulumi-token': ['pul-{h40}'],
  'fly-token': ['fm2_{b300}', 'fo1_{u43}'],
  'cloudflare-origin-key': ['v1.0-{h24}-{h146}'],
  'heroku-token': ['HRKU-{h8}-{h4}-{h4}-{h4}-{h12}', 'HRKU-AA{u58}'],
  'planetscale-token': ['pscale_pw_{u43}', 'pscale_tkn_{u43}', 'pscale_oauth_{u43}'],
  'supabase-token': ['sbp_{h40}', 'sb_secret_{u31}'],
  'neon-api-key': ['napi_{x64}', 'rnd_{a28}'],
  'tailscale-key': ['tskey-auth-{a17}-{a32}'],
  'age-secret-key': ['AGE-SECRET-KEY-1{U58}'],
  'scaleway-access-key': ['SCW{U17}'],
  'github-token': ['ghp_{a36}', 'gho_{a36}', 'ghu_{a36}', 'ghs_{a36}', 'ghr_{a36}', 'github_pat_{a22}_{a59}'],
  'gitlab-token': [
    'glpat-{u20}',
    'glpat-{u27}.01.{x9}',
    'gldt-{u20}',
    'glrt-{u20}',
    'glptt-{h40}',
    'GR1348941{u20}',
  ],
  'bitbucket-token': ['ATATT3xFfGF0{u170}={h8}', 'ATBB{a32}', 'ATCTT3xFfGN0{u170}={h8}'],
  'npm-token': ['npm_{a36}'],
  'pypi-token': ['pypi-AgEIcHlwaS5vcmc{u150}'],
  'rubygems-key': ['rubygems_{h48}'],
  'crates-token': ['cio{a32}'],
  'clojars-token': ['CLOJARS_{x60}'],
  'nuget-key': ['oy2{x43}'],
  'docker-token': ['dckr_pat_{u27}', 'dckr_oat_{u32}'],
  'artifactory-token': ['AKCp{a69}', 'cmVmdGtuOj{a54}'],
  'buildkite-token': ['bkua_{h40}'],
  'vercel-token': ['vcp_{a56}', 'vercel_blob_rw_{a16}_{a30}'],
  'netlify-token': ['nfp_{a36}'],
  'sonar-token': ['squ_{h40}', 'sqp_{h40}'],
  'sourcegraph-token': ['sgp_{h16}_{h40}'],
  'circleci-token': ['CCIPAT_{a22}_{h40}'],
  'slack-token': [
    'xoxb-{d12}-{d12}-{a24}',
    'xoxp-{d12}-{d12}-{d12}-{h32}',
    'xapp-1-A{U10}-{d13}-{h64}',
    'xoxe.xoxp-1-{a146}',
  ],
  'stripe-key': ['sk_live_{a99}', 'rk_live_{a99}', 'sk_test_{a24}', 'whsec_{b32}'],
  'sendgrid-key': ['SG.{u22}.{u43}'],
  'twilio-key': ['SK{h32}'],
  'mailgun-key': ['key-{h32}'],
  'mailchimp-api-key': ['{h32}-us12'],
  'brevo-key': ['xkeysib-{h64}-{a16}'],
  'telegram-bot-token': ['{d10}:AA{u33}'],
  'linear-api-key': ['lin_api_{a40}'],
  'notion-token': ['ntn_{d11}{a35}', 'secret_{a43}'],
  'figma-token': ['figd_{u40}'],
  'shopify-token': ['shpat_{h32}', 'shpss_{h32}'],
  'square-token': ['sq0atp-{u22}', 'sq0csp-{u43}', 'EAAAE{u60}'],
  'grafana-token': ['glsa_{a32}_{h8}', 'glc_{b80}'],
  'new-relic-key': ['NRAK-{U27}'],
  'sentry-token': ['sntrys_eyJ{b90}_{b43}', 'sntryu_{h64}'],
  'postman-api-key': ['PMAK-{h24}-{h34}'],
  'airtable-token': ['pat{a14}.{h64}'],
  'hubspot-token': ['pat-na1-{h8}-{h4}-{h4}-{h4}-{h12}'],
  'dropbox-token': ['sl.{u135}'],
  'dynatrace-token': ['dt0c01.{U24}.{U64}'],
  '1password-token': ['ops_eyJ{b260}'],
  'facebook-token': ['EAAG{a160}'],
  'easypost-key': ['EZAK{a54}'],
  'flutterwave-key': ['FLWSECK_TEST-{h32}-X'],
  'intra42-secret': ['s-s4t2ud-{h64}'],
  'readme-key': ['rdme_{x70}'],
  'typeform-token': ['tfp_{u44}_{u14}'],
  'posthog-key': ['phx_{a43}'],
  'resend-key': ['re_{a8}_{a24}'],
  'contentful-token': ['CFPAT-{u43}'],
  'prefect-key': ['pnu_{a36}'],
  '1password-secret-key': ['A3-{U6}-{U11}-{U5}-{U5}-{U5}', 'A3-{U6}-{U6}-{U5}-{U5}-{U5}-{U5}'],
  'octopus-key': ['API-{U27}'],
  'evalport-api-key': ['evp_{a8}_{a32}_{a6}'],
  'discord-bot-token': ['M{a25}.{u6}.{u38}'],
  jwt: ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOi{u60}.{u43}', 'eyJhbGciOiJub25lIn0.eyJzdWIiOi{u60}.'],
}

/** Secrets that are known by what stands around them; `«…»` is the secret. */
export const places: Record<string, readonly string[]> = {
  'aws-secret-key': [
    'AKIA{U16} «{b40}»',
    '{"id": "AKIA{U16}", "sec": "«{b40}»"}',
    'key=AKIA{U16}\nsec=«{b40}»\n',
  ],
  'azure-sas-signature': [
    'https://x.blob.core.windows.net/c/f?sv=2024-05-04&se=2026&sr=b&sp=r&sig=«{b42}%3D»',
  ],
  'azure-account-key': [
    'DefaultEndpointsProtocol=https;AccountName=x;AccountKey=«{b86}==»;EndpointSuffix=core.windows.net',
    'Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=«{b43}=»',
  ],
  'slack-webhook': ['https://hooks.slack.com/services/«T{U10}/B{U10}/{a24}»'],
  'discord-webhook': ['https://discord.com/api/webhooks/«{d18}/{u68}»'],
  'teams-webhook': [
    'https://acme.webhook.office.com/webhookb2/«{h8}-{h4}-{h4}-{h4}-{h12}@{h8}-{h4}-{h4}-{h4}-{h12}/IncomingWebhook/{h32}/{h8}-{h4}-{h4}-{h4}-{h12}»',
  ],
  'private-key': [
    '«-----BEGIN RSA PRIVATE KEY-----\n{b64}\n{b64}\n{b64}\n{b20}==\n-----END RSA PRIVATE KEY-----» done',
    '"«-----BEGIN PRIVATE KEY-----\\n{b64}\\n{b64}\\n{b30}=\\n-----END PRIVATE KEY-----\\n»"',
    '«-----BEGIN OPENSSH PRIVATE KEY-----\n{b70}\n{b70}\n{b70}»',
    '«-----BEGIN EC PRIVATE KEY-----\n{b64}\n{b40}»\n\nand more words',
    "k = ('«-----BEGIN PRIVATE KEY-----\\n' +\n  '{b64}\\n' +\n  '{b64}\\n' +\n  '{b30}=\\n' +\n  '-----END PRIVATE KEY-----»')",
    '«-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{h32}\n\n{b64}\n{b64}\n-----END RSA PRIVATE KEY-----»',
    '«-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{b64}\n{b64}\n={b4}\n-----END PGP PRIVATE KEY BLOCK-----»',
  ],
  'bearer-token': ['use bearer «{a32}» there', "curl -H 'X-Auth: Bearer «{u40}»'"],
  'basic-credentials': ['as Basic «dXNlcjpwYXNzMTIzNDU2» in'],
  'authorization-header': [
    'Authorization: Bearer «{a32}»',
    '"authorization": "Bearer «{u40}»"',
    "-H 'Authorization: token «{h40}»'",
    'authorization: «{a40}»',
    'Authorization=Bearer «{a24}»',
    'Proxy-Authorization: Basic «{b24}==»',
  ],
  'cookie-header': ['Cookie: session=«{a32}»; theme=dark', 'set-cookie: sid=«{u40}»; Path=/; HttpOnly'],
  'url-password': [
    'postgres://app:«{a16}»@db.internal:5432/x',
    'redis://:«{u20}»@cache:6379',
    'https://«{a24}»@git.acme.io/x.git',
  ],
  'assigned-secret': [
    'password=«hunter{d2}»',
    'DB_PASSWORD=«swordfish»',
    "password: '«s3cr3t-{a6}»'",
    '"password": "«pw{a10}»"',
    'api_key = "«{a32}»"',
    "apiKey: '«{h32}»',",
    'export ACME_API_KEY=«{a40}»',
    'client_secret=«{u40}»&grant_type=x',
    'const token: string = "«{a40}»"',
    'secret_key := "«{a40}»"',
    ':access_token => "«{h40}»"',
    'mysql --password «{a12}» -u root',
    'tool --api-key «{a32}» run',
    '<password>«{a12}»</password>',
    'os.environ["API_TOKEN"] = "«{a32}»"',
    'Server=x;User Id=sa;Password=«{a14}»;',
    '{\\"secret\\": \\"«{a24}»\\"}',
    'AWS_SECRET_ACCESS_KEY=«{b40}»',
    'aws_secret_access_key = «{b40}»',
    'COHERE_API_KEY: «{a40}»',
    'MISTRAL_API_KEY=«{a32}»',
  ],
}

/** Personal data, made so that its check digits fit where it has them. */
export const personal: Record<string, readonly string[]> = {
  'mail-address': ['jo.doe+x{d3}@acme{l4}.example', 'o{l5}@mail.{l6}.co.uk', 'müller{d4}@firma{l4}.de'],
  'phone-number': [
    '+49 171 2{d6}',
    '+1 (415) 555-2{d3}',
    '(415) 555-2{d3}',
    '415-555-2{d3}',
    '+4917{d8}2',
    '020 7946 0{d3}',
  ],
  'us-ssn': ['123-45-6{d3}'],
  'ip-address': ['203.0.113.2{d1}', '10.1.{d1}.2{d1}', '2001:db8::{h4}', 'fe80::a00:27ff:fe4e:{h4}'],
}
