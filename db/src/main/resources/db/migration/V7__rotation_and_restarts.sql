-- incoming: in the trust bundles, and does not issue yet.
ALTER TABLE authority DROP CONSTRAINT authority_state_check;
ALTER TABLE authority ADD CONSTRAINT authority_state_check
    CHECK (state IN ('incoming', 'active', 'retired', 'withdrawn'));
CREATE UNIQUE INDEX authority_incoming ON authority (coalesce(cluster, ''), kind) WHERE state = 'incoming';

-- An authority under an outside root: the certificates above it in PEM, its issuer first and the root last; empty where it is
-- self-signed. anchored: the bundles hold its own certificate, or the root's. Whoever issued it chose its serial.
ALTER TABLE authority ADD COLUMN issuers text NOT NULL DEFAULT '';
ALTER TABLE authority ALTER COLUMN issuers DROP DEFAULT;
ALTER TABLE authority ADD COLUMN anchored text NOT NULL DEFAULT 'authority' CHECK (anchored IN ('authority', 'root'));
ALTER TABLE authority ALTER COLUMN anchored DROP DEFAULT;
ALTER TABLE authority DROP CONSTRAINT authority_serial_check;
ALTER TABLE authority ADD CONSTRAINT authority_serial_check CHECK (octet_length(serial) BETWEEN 1 AND 20);

-- Its key certified by the generation before (newWithOld of RFC 4210 section 4.4), for who still trusts that one alone.
ALTER TABLE authority ADD COLUMN cross_certificate bytea;

-- A key that waits for its certificate from outside, and the PKCS#10 request for it.
CREATE TABLE requested_authority (
    name            text        PRIMARY KEY,
    cluster         text        REFERENCES cluster,
    kind            text        NOT NULL,
    generation      integer     NOT NULL CHECK (generation > 0),
    key_algorithm   text        NOT NULL,
    sealed_key      uuid        NOT NULL REFERENCES sealed_key,
    anchored        text        NOT NULL CHECK (anchored IN ('authority', 'root')),
    request         bytea       NOT NULL,
    created_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX requested_authority_kind ON requested_authority (coalesce(cluster, ''), kind);

-- The way from one generation of an authority to the next. left_out: nodes, as CLUSTER/NAME, that are not waited for. waits:
-- how many nodes and certificates it waited for when it was last looked at; moved_at: when that or the step last changed.
CREATE TABLE rotation (
    id          uuid        PRIMARY KEY,
    cluster     text        REFERENCES cluster,
    kind        text        NOT NULL,
    outgoing    text        NOT NULL REFERENCES authority,
    incoming    text        NOT NULL,
    emergency   boolean     NOT NULL,
    step        text        NOT NULL CHECK (step IN
        ('awaiting-certificate', 'loading', 'revoking', 'renewing', 'unloading', 'done', 'aborted')),
    left_out    text[]      NOT NULL,
    waits       integer     NOT NULL CHECK (waits >= 0),
    started_by  text        NOT NULL,
    started_at  timestamptz NOT NULL,
    step_since  timestamptz NOT NULL,
    moved_at    timestamptz NOT NULL,
    ended_at    timestamptz,
    CHECK ((step IN ('done', 'aborted')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX rotation_under_way ON rotation (coalesce(cluster, ''), kind) WHERE ended_at IS NULL;
CREATE INDEX rotation_age ON rotation (started_at, id);

-- The right of one node to restart one component, alone in its cluster. It blocks every other while it is not over: over is
-- one that ended healthy or was cleared.
CREATE TABLE restart_lease (
    id          uuid        PRIMARY KEY,
    cluster     text        NOT NULL REFERENCES cluster,
    node        text        NOT NULL,
    component   text        NOT NULL,
    reason      text        NOT NULL,
    granted_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    ended_at    timestamptz,
    healthy     boolean,
    detail      text,
    cleared_at  timestamptz,
    cleared_by  text,
    CHECK ((ended_at IS NULL) = (healthy IS NULL)),
    CHECK ((cleared_at IS NULL) = (cleared_by IS NULL))
);
CREATE UNIQUE INDEX restart_lease_open ON restart_lease (cluster)
    WHERE cleared_at IS NULL AND healthy IS NOT TRUE;
CREATE INDEX restart_lease_age ON restart_lease (cluster, granted_at);
