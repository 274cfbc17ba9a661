-- The key pair that signs a cluster's service-account tokens, by the SHA-256 of its public key. The pair itself is made on
-- the node that offered it first, and is never here.
CREATE TABLE service_account_key (
    cluster         text        PRIMARY KEY REFERENCES cluster,
    public_key_hash bytea       NOT NULL CHECK (octet_length(public_key_hash) = 32),
    offered_by      text        NOT NULL,
    offered_at      timestamptz NOT NULL,
    FOREIGN KEY (cluster, offered_by) REFERENCES node
);

-- Which pair each control-plane node said it has in place. What a node said before it was reinstalled counts no more.
CREATE TABLE service_account_key_holder (
    cluster         text        NOT NULL,
    node            text        NOT NULL,
    public_key_hash bytea       NOT NULL CHECK (octet_length(public_key_hash) = 32),
    said_at         timestamptz NOT NULL,
    PRIMARY KEY (cluster, node),
    FOREIGN KEY (cluster, node) REFERENCES node
);

-- A control-plane node without the pair asks for it, and one that has it answers: sealed to the agreement key, which the
-- asking node signed with its identity. The server can open neither.
CREATE TABLE service_account_key_request (
    cluster             text        NOT NULL,
    node                text        NOT NULL,
    certificate         bytea       NOT NULL,
    agreement_key       bytea       NOT NULL,
    signature           bytea       NOT NULL,
    requested_at        timestamptz NOT NULL,
    sealed_by           text,
    sealer_certificate  bytea,
    ephemeral_key       bytea,
    ciphertext          bytea,
    sealer_signature    bytea,
    PRIMARY KEY (cluster, node),
    FOREIGN KEY (cluster, node) REFERENCES node,
    CHECK ((sealed_by IS NULL) = (ciphertext IS NULL))
);

-- An address that a node has no more belongs to nobody else while a certificate of the node can still carry it.
CREATE TABLE former_address (
    cluster text        NOT NULL,
    node    text        NOT NULL,
    address text        NOT NULL,
    until   timestamptz NOT NULL,
    PRIMARY KEY (cluster, address, node),
    FOREIGN KEY (cluster, node) REFERENCES node
);

-- The node whose place this one takes with its first enrolment, which retires it.
ALTER TABLE node ADD COLUMN renamed_from text;

-- What nodes have to hold follows from these tables. Each change is announced when it is committed, by the cluster's name,
-- or cluster/node where it concerns one node, or nothing where it concerns all; agents wait for it.
CREATE FUNCTION announce_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('certfleet_assignment', CASE
        WHEN TG_TABLE_NAME = 'cluster' THEN to_jsonb(NEW) ->> 'name'
        WHEN TG_TABLE_NAME IN ('node', 'renewal_demand') THEN
            (to_jsonb(NEW) ->> 'cluster') || '/' || (to_jsonb(NEW) ->> CASE TG_TABLE_NAME WHEN 'node' THEN 'name' ELSE 'node' END)
        ELSE coalesce(to_jsonb(NEW) ->> 'cluster', '') END);
    RETURN NULL;
END $$;
CREATE TRIGGER announce_assignment AFTER UPDATE ON cluster
    FOR EACH ROW EXECUTE FUNCTION announce_assignment();
CREATE TRIGGER announce_assignment AFTER UPDATE OF roles, addresses, state ON node
    FOR EACH ROW EXECUTE FUNCTION announce_assignment();
CREATE TRIGGER announce_assignment AFTER INSERT OR UPDATE ON renewal_demand
    FOR EACH ROW EXECUTE FUNCTION announce_assignment();
CREATE TRIGGER announce_assignment AFTER INSERT OR UPDATE ON authority
    FOR EACH ROW EXECUTE FUNCTION announce_assignment();
CREATE TRIGGER announce_assignment AFTER INSERT OR UPDATE ON service_account_key
    FOR EACH ROW EXECUTE FUNCTION announce_assignment();
CREATE TRIGGER announce_assignment AFTER INSERT OR UPDATE ON service_account_key_request
    FOR EACH ROW EXECUTE FUNCTION announce_assignment();
