-- How many shards an authority's CRL is in; 1: its certificates name the full CRL. Baked into certificates, so it never changes.
ALTER TABLE cluster ADD COLUMN crl_shards integer NOT NULL DEFAULT 1 CHECK (crl_shards BETWEEN 1 AND 1024);
ALTER TABLE authority ADD COLUMN crl_shards integer NOT NULL DEFAULT 1 CHECK (crl_shards BETWEEN 1 AND 1024);
ALTER TABLE cluster ALTER COLUMN crl_shards DROP DEFAULT;
ALTER TABLE authority ALTER COLUMN crl_shards DROP DEFAULT;

-- The shard that a serial's revocation is listed in: equal ranges of its first two octets, the first of which is never 0.
CREATE FUNCTION crl_shard(serial bytea, shards integer) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (get_byte(serial, 0) * 256 + get_byte(serial, 1) - 256) * shards / 65280;

-- What a CRL needs is in one row, so that a million of them are read without a join: not_after is the certificate's.
-- change and released_change are crl_change.changes in the transaction that revoked or released.
ALTER TABLE revocation ADD COLUMN not_after timestamptz;
ALTER TABLE revocation ADD COLUMN change bigint NOT NULL DEFAULT 0;
ALTER TABLE revocation ADD COLUMN released_change bigint;
UPDATE revocation r SET not_after = c.not_after, released_change = CASE WHEN r.released_at IS NULL THEN NULL ELSE 0 END
    FROM certificate c WHERE c.serial = r.serial;
ALTER TABLE revocation ALTER COLUMN not_after SET NOT NULL;
ALTER TABLE revocation ALTER COLUMN change DROP DEFAULT;
ALTER TABLE revocation ADD CHECK ((released_at IS NULL) = (released_change IS NULL));
DROP INDEX revocation_authority;
CREATE INDEX revocation_listed ON revocation (authority, serial) WHERE released_at IS NULL;
CREATE INDEX revocation_change ON revocation (authority, change);
CREATE INDEX revocation_released ON revocation (authority, released_change) WHERE released_at IS NOT NULL;

-- The last change in each shard of an authority that has several.
CREATE TABLE crl_shard_change (
    authority   text        NOT NULL REFERENCES authority,
    shard       integer     NOT NULL,
    change      bigint      NOT NULL,
    PRIMARY KEY (authority, shard)
);

-- The newest CRLs of each authority: full, delta, indirect, and its shards where it has several. Numbers only rise
-- (RFC 5280 section 5.2.3). covers is the count of changes that are surely in it; scheduled_at is when the newest one was
-- issued that no revocation had asked for; certificates that ended before lists_from are not listed. base is the newest
-- scheduled full CRL, which the delta adds to.
DROP TABLE crl;
CREATE TABLE crl (
    authority       text        NOT NULL REFERENCES authority,
    part            text        NOT NULL CHECK (part ~ '^(full|delta|indirect|shard-(0|[1-9][0-9]{0,3}))$'),
    number          bigint      NOT NULL CHECK (number > 0),
    this_update     timestamptz NOT NULL,
    next_update     timestamptz NOT NULL,
    scheduled_at    timestamptz NOT NULL,
    lists_from      timestamptz NOT NULL,
    covers          bigint      NOT NULL,
    base_number     bigint      NOT NULL,
    base_covers     bigint      NOT NULL,
    made_in_ms      bigint      NOT NULL,
    size            bigint      NOT NULL,
    PRIMARY KEY (authority, part)
);
CREATE INDEX crl_news ON crl (this_update);

-- Their DER, in pieces of a mebibyte at most, so that nobody has to hold a large one in memory. It does not compress.
CREATE TABLE crl_piece (
    authority       text        NOT NULL,
    part            text        NOT NULL,
    number          bigint      NOT NULL,
    piece           integer     NOT NULL,
    octets          bytea       NOT NULL,
    PRIMARY KEY (authority, part, number, piece)
);
ALTER TABLE crl_piece ALTER COLUMN octets SET STORAGE EXTERNAL;
