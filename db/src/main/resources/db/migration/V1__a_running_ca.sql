-- Times are timestamptz; serials are 16 raw octets; fingerprints and key identifiers are raw SHA-256 or SHA-1 octets.

-- One row: what makes this database one installation, and which sealing key opens it.
CREATE TABLE installation (
    only_one            boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    epoch               uuid        NOT NULL,
    sealing_key_check   bytea       NOT NULL,
    created_at          timestamptz NOT NULL
);

CREATE TABLE cluster (
    name                    text        PRIMARY KEY,
    domain                  text        NOT NULL,
    service_cidrs           text[]      NOT NULL,
    control_plane_endpoint  text,
    extra_names             text[]      NOT NULL,
    key_algorithm           text        NOT NULL,
    status_url              text        NOT NULL,
    created_at              timestamptz NOT NULL
);

-- Private keys, sealed with AES-256-GCM under the sealing key; nothing else in the database holds key material.
CREATE TABLE sealed_key (
    id          uuid        PRIMARY KEY,
    algorithm   text        NOT NULL,
    public_key  bytea       NOT NULL,
    nonce       bytea       NOT NULL CHECK (octet_length(nonce) = 12),
    sealed      bytea       NOT NULL,
    created_at  timestamptz NOT NULL
);

CREATE TABLE authority (
    name            text        PRIMARY KEY,
    cluster         text        REFERENCES cluster,
    kind            text        NOT NULL
        CHECK (kind IN ('kubernetes', 'etcd', 'front-proxy', 'break-glass', 'agents', 'installation')),
    generation      integer     NOT NULL CHECK (generation > 0),
    subject         text        NOT NULL,
    key_algorithm   text        NOT NULL,
    key_identifier  bytea       NOT NULL,
    sealed_key      uuid        NOT NULL REFERENCES sealed_key,
    serial          bytea       NOT NULL UNIQUE CHECK (octet_length(serial) = 16),
    certificate     bytea       NOT NULL,
    not_before      timestamptz NOT NULL,
    not_after       timestamptz NOT NULL,
    status_url      text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('active', 'retired')),
    CHECK ((cluster IS NULL) = (kind = 'installation'))
);
CREATE UNIQUE INDEX authority_generation ON authority (coalesce(cluster, ''), kind, generation);
CREATE UNIQUE INDEX authority_active ON authority (coalesce(cluster, ''), kind) WHERE state = 'active';

CREATE TABLE node (
    cluster         text        NOT NULL REFERENCES cluster,
    name            text        NOT NULL,
    roles           text[]      NOT NULL,
    addresses       text[]      NOT NULL,
    state           text        NOT NULL CHECK (state IN ('active', 'retired', 'reinstall-allowed')),
    enrolled_at     timestamptz NOT NULL,
    last_seen_at    timestamptz,
    report          jsonb,
    PRIMARY KEY (cluster, name)
);

CREATE TABLE enrolment_token (
    id                  uuid        PRIMARY KEY,
    cluster             text        NOT NULL REFERENCES cluster,
    secret_hash         bytea       NOT NULL UNIQUE CHECK (octet_length(secret_hash) = 32),
    node_name_pattern   text        NOT NULL,
    roles               text[]      NOT NULL,
    max_uses            integer     NOT NULL CHECK (max_uses > 0),
    uses                integer     NOT NULL DEFAULT 0 CHECK (uses >= 0 AND uses <= max_uses),
    expires_at          timestamptz NOT NULL,
    created_by          text        NOT NULL,
    created_at          timestamptz NOT NULL,
    withdrawn_at        timestamptz
);
CREATE INDEX enrolment_token_cluster ON enrolment_token (cluster, created_at);

CREATE TABLE operator (
    name        text        PRIMARY KEY,
    grants      jsonb       NOT NULL,
    created_at  timestamptz NOT NULL,
    removed_at  timestamptz
);

-- What was ever issued. A row is committed as reserved, with the exact contents to be signed, before the authority's key
-- is used; it becomes issued together with its audit event. Rows are never deleted.
CREATE TABLE certificate (
    serial              bytea       PRIMARY KEY CHECK (octet_length(serial) = 16),
    authority           text        NOT NULL REFERENCES authority,
    cluster             text        REFERENCES cluster,
    profile             text        NOT NULL,
    node                text,
    operator            text,
    subject             text        NOT NULL,
    dns_names           text[]      NOT NULL,
    addresses           text[]      NOT NULL,
    public_key_hash     bytea       NOT NULL CHECK (octet_length(public_key_hash) = 32),
    not_before          timestamptz NOT NULL,
    not_after           timestamptz NOT NULL,
    state               text        NOT NULL CHECK (state IN ('reserved', 'issued', 'abandoned')),
    contents            bytea       NOT NULL,
    requester           text        NOT NULL,
    request_id          text        NOT NULL,
    request_hash        bytea       NOT NULL CHECK (octet_length(request_hash) = 32),
    reserved_at         timestamptz NOT NULL,
    fingerprint         bytea       UNIQUE CHECK (octet_length(fingerprint) = 32),
    certificate         bytea,
    issued_at           timestamptz,
    first_used_at       timestamptz,
    superseded_at       timestamptz,
    CHECK ((state = 'issued') = (fingerprint IS NOT NULL AND certificate IS NOT NULL AND issued_at IS NOT NULL)),
    UNIQUE (requester, request_id)
);
CREATE INDEX certificate_holder ON certificate (cluster, node, profile, reserved_at DESC);
CREATE INDEX certificate_authority ON certificate (authority, not_after);
CREATE INDEX certificate_public_key ON certificate (public_key_hash);
CREATE INDEX certificate_operator ON certificate (operator, reserved_at DESC) WHERE operator IS NOT NULL;

-- A certificate is revoked while it has a revocation that was not released. Only certificateHold (6) can be released.
CREATE TABLE revocation (
    id              uuid        PRIMARY KEY,
    serial          bytea       NOT NULL REFERENCES certificate,
    authority       text        NOT NULL REFERENCES authority,
    reason          smallint    NOT NULL CHECK (reason IN (0, 1, 2, 3, 4, 5, 6, 9, 10)),
    revoked_at      timestamptz NOT NULL,
    invalidity_date timestamptz,
    comment         text,
    revoked_by      text        NOT NULL,
    released_at     timestamptz,
    released_by     text,
    CHECK (released_at IS NULL OR reason = 6)
);
CREATE UNIQUE INDEX revocation_in_force ON revocation (serial) WHERE released_at IS NULL;
CREATE INDEX revocation_authority ON revocation (authority) WHERE released_at IS NULL;

-- The feed: what became known about a cluster's certificates, in an order without holes. feed_head is locked by each
-- writer until its commit, so that a reader who has seen N can never be shown something at or below N later.
CREATE TABLE feed_head (
    cluster     text    PRIMARY KEY REFERENCES cluster,
    sequence    bigint  NOT NULL
);
CREATE TABLE feed_entry (
    cluster     text        NOT NULL REFERENCES cluster,
    sequence    bigint      NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('issued', 'revoked', 'released')),
    serial      bytea       NOT NULL REFERENCES certificate,
    reason      smallint,
    at          timestamptz NOT NULL,
    PRIMARY KEY (cluster, sequence)
);

-- Certificates of a node's profiles that were issued before this time have to be renewed; an operator asks for it.
CREATE TABLE renewal_demand (
    cluster     text        NOT NULL,
    node        text        NOT NULL,
    profile     text        NOT NULL,
    before      timestamptz NOT NULL,
    PRIMARY KEY (cluster, node, profile),
    FOREIGN KEY (cluster, node) REFERENCES node
);

-- The responder that answers for an authority (RFC 6960 section 4.2.2.2), shared by all servers. The key of the one
-- before is deleted with its replacement.
CREATE TABLE ocsp_responder (
    authority   text        PRIMARY KEY REFERENCES authority,
    serial      bytea       NOT NULL REFERENCES certificate,
    sealed_key  uuid        NOT NULL REFERENCES sealed_key,
    not_before  timestamptz NOT NULL,
    not_after   timestamptz NOT NULL
);

-- How often an authority's revocations changed. It is counted up in the transaction of each change and read before the
-- rows of a new CRL are, so that no change falls between two CRLs, and making one holds nobody up who revokes.
CREATE TABLE crl_change (
    authority   text        PRIMARY KEY REFERENCES authority,
    changes     bigint      NOT NULL CHECK (changes > 0)
);

-- The newest CRL of each authority; numbers only rise (RFC 5280 section 5.2.3). covers is the count of changes that are
-- surely in it; scheduled_at is when the newest CRL was issued that no revocation had asked for.
CREATE TABLE crl (
    authority       text        PRIMARY KEY REFERENCES authority,
    number          bigint      NOT NULL CHECK (number > 0),
    this_update     timestamptz NOT NULL,
    next_update     timestamptz NOT NULL,
    scheduled_at    timestamptz NOT NULL,
    covers          bigint      NOT NULL,
    der             bytea       NOT NULL
);

-- What a caller's Idempotency-Key was answered with, for a week; the answer never holds a secret.
CREATE TABLE idempotent_answer (
    caller      text        NOT NULL,
    key         text        NOT NULL,
    body_hash   bytea       NOT NULL CHECK (octet_length(body_hash) = 32),
    status      integer     NOT NULL,
    body        text        NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (caller, key)
);

CREATE INDEX idempotent_answer_age ON idempotent_answer (created_at);

CREATE TABLE audit_event (
    sequence    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text        NOT NULL,
    cluster     text,
    type        text        NOT NULL,
    detail      jsonb       NOT NULL
);
CREATE INDEX audit_event_cluster ON audit_event (cluster, sequence);
CREATE INDEX audit_event_type ON audit_event (type, sequence);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON certificate
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON revocation
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
