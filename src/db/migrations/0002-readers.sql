-- People with an account, known by e-mail address. Ids come from the database where better-auth writes.
CREATE TABLE readers (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  name text NOT NULL,
  -- whether a mailed code has shown that the address is theirs
  proved boolean NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX readers_newest ON readers (created_at DESC, id DESC);
CREATE INDEX readers_by_email ON readers (email text_pattern_ops);

-- Browsers that are signed in. All times here are real ones, not the publication's.
CREATE TABLE sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  reader_id uuid NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
  -- worthless without the signature that only the cookie has
  token text NOT NULL UNIQUE,
  -- false: opened by paying; it may read and may correct a mistyped address, nothing else
  proved boolean NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX sessions_by_reader ON sessions (reader_id);
CREATE INDEX sessions_expiring ON sessions (expires_at);

-- Mailed codes. Only the newest of an address counts, so the identifier is not unique. Real times.
CREATE TABLE sign_in_codes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- what the code is for, and the address
  identifier text NOT NULL,
  -- keyed hash of the code, a colon, wrong tries so far
  value text NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX sign_in_codes_newest ON sign_in_codes (identifier, created_at DESC);
CREATE INDEX sign_in_codes_expiring ON sign_in_codes (expires_at);

-- Ways to sign in other than a mailed code. None yet; better-auth looks here when an address is proved.
CREATE TABLE sign_in_methods (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  reader_id uuid NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
  provider text NOT NULL,
  provider_id text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  UNIQUE (provider, provider_id)
);
CREATE INDEX sign_in_methods_by_reader ON sign_in_methods (reader_id);

CREATE TABLE staff (
  reader_id uuid PRIMARY KEY REFERENCES readers (id) ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('owner', 'editor', 'support')),
  since timestamptz NOT NULL
);

-- How often something was done in a window of real time. The key is a hash: it names addresses and networks.
CREATE TABLE limits (
  key text PRIMARY KEY,
  uses integer NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX limits_ending ON limits (ends_at);
