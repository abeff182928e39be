-- What plans open together: an article is in one collection, a plan opens one or more.
CREATE TABLE collections (
  slug text PRIMARY KEY CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name text NOT NULL,
  description text NOT NULL
);

CREATE TABLE articles (
  id uuid PRIMARY KEY,
  slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  headline text NOT NULL,
  standfirst text NOT NULL,
  author text NOT NULL,
  access text NOT NULL CHECK (access IN ('free', 'subscribers')),
  collection text NOT NULL REFERENCES collections (slug),
  body_markdown text NOT NULL,
  -- Made from body_markdown when it is written, so that a page never renders or cuts text.
  body_html text NOT NULL,
  preview_html text NOT NULL,
  body_text text NOT NULL,
  preview_text text NOT NULL,
  -- null: the mark in the body says where the preview ends.
  preview_paragraphs integer CHECK (preview_paragraphs > 0),
  reading_minutes integer NOT NULL CHECK (reading_minutes > 0),
  published_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- What anyone may search, and what only those may who can read the whole.
  preview_search tsvector NOT NULL,
  body_search tsvector NOT NULL
);
CREATE INDEX articles_newest ON articles (published_at DESC, id DESC);
CREATE INDEX articles_preview_search ON articles USING gin (preview_search);
CREATE INDEX articles_body_search ON articles USING gin (body_search);

CREATE TABLE tags (
  slug text PRIMARY KEY CHECK (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  name text NOT NULL
);

CREATE TABLE article_tags (
  article_id uuid NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
  tag_slug text NOT NULL REFERENCES tags (slug),
  position integer NOT NULL,
  PRIMARY KEY (article_id, tag_slug)
);
CREATE INDEX article_tags_by_tag ON article_tags (tag_slug, article_id);
