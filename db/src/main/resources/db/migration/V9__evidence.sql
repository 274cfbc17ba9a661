-- Machines that may enrol by their TPM: one by its endorsement key, or all whose key these authorities certified.
CREATE TABLE tpm_admission (
    id                      uuid        PRIMARY KEY,
    cluster                 text        NOT NULL REFERENCES cluster,
    endorsement_key         bytea       CHECK (octet_length(endorsement_key) = 32),
    endorsement_authorities text,
    node_name_pattern       text        NOT NULL,
    roles                   text[]      NOT NULL,
    created_by              text        NOT NULL,
    created_at              timestamptz NOT NULL,
    withdrawn_at            timestamptz,
    CHECK ((endorsement_key IS NULL) <> (endorsement_authorities IS NULL))
);
CREATE UNIQUE INDEX tpm_admission_key ON tpm_admission (cluster, endorsement_key) WHERE withdrawn_at IS NULL;
CREATE INDEX tpm_admission_cluster ON tpm_admission (cluster, created_at);

-- Whose signed documents count as evidence of what a machine is.
CREATE TABLE document_issuer (
    id                  uuid        PRIMARY KEY,
    cluster             text        NOT NULL REFERENCES cluster,
    name                text        NOT NULL,
    issuer              text        NOT NULL,
    keys                text        NOT NULL,
    audience            text        NOT NULL,
    node_name_claim     text        NOT NULL,
    instance_claim      text        NOT NULL,
    nonce_claim         text,
    node_name_pattern   text        NOT NULL,
    roles               text[]      NOT NULL,
    constraints         jsonb       NOT NULL,
    max_age_seconds     integer     NOT NULL CHECK (max_age_seconds > 0),
    created_by          text        NOT NULL,
    created_at          timestamptz NOT NULL,
    withdrawn_at        timestamptz
);
CREATE UNIQUE INDEX document_issuer_name ON document_issuer (cluster, name) WHERE withdrawn_at IS NULL;

-- Which node a machine is: SHA-256 of its endorsement key, or of the issuer's name for the instance.
CREATE TABLE enrolled_machine (
    cluster     text        NOT NULL REFERENCES cluster,
    kind        text        NOT NULL CHECK (kind IN ('tpm', 'document')),
    machine     bytea       NOT NULL CHECK (octet_length(machine) = 32),
    node        text        NOT NULL,
    enrolled_at timestamptz NOT NULL,
    PRIMARY KEY (cluster, kind, machine)
);
CREATE INDEX enrolled_machine_node ON enrolled_machine (cluster, node);

-- Challenges and documents that somebody enrolled with, kept for as long as they would count.
CREATE TABLE used_evidence (
    digest      bytea       PRIMARY KEY CHECK (octet_length(digest) = 32),
    expires_at  timestamptz NOT NULL
);
CREATE INDEX used_evidence_age ON used_evidence (expires_at);
