-- Challenges that nodes came back by: each is good once. Rows go when the challenge has expired.
CREATE TABLE used_challenge (
    hash        bytea       PRIMARY KEY CHECK (octet_length(hash) = 32),
    expires_at  timestamptz NOT NULL
);
