package dev.certfleet.pki.wire;

import java.util.List;

/** {@code POST /api/v1/agent/proofs}: what a node's doors were seen to refuse; each counts into the revocation's receipt. */
public record DoorProofs(List<DoorProof> proofs) {}
