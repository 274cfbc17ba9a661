-- An imported authority was made by others. Its key is not here where it is only trusted still, and its serial is as it is:
-- kubeadm's CAs of before 1.28 all have 0.
ALTER TABLE authority ADD COLUMN imported boolean NOT NULL DEFAULT false;
ALTER TABLE authority ALTER COLUMN sealed_key DROP NOT NULL;
ALTER TABLE authority ADD CHECK (sealed_key IS NOT NULL OR (imported AND state <> 'active'));
ALTER TABLE authority DROP CONSTRAINT authority_serial_key;
ALTER TABLE authority DROP CONSTRAINT authority_serial_check;
ALTER TABLE authority ADD CONSTRAINT authority_serial_check CHECK (octet_length(serial) BETWEEN 1 AND 20);
CREATE UNIQUE INDEX authority_certificate ON authority (sha256(certificate));

-- Serials of adopted certificates may begin with zeros; all of them are in the first shard.
CREATE OR REPLACE FUNCTION crl_shard(serial bytea, shards integer) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN greatest(0, get_byte(serial, 0) * 256 + get_byte(serial, 1) - 256) * shards / 65280;
