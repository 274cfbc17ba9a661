package dev.certfleet.pki.wire;

import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/agent/alarms}: a node raises an alarm, which becomes an audit event.
 *
 * @param kind {@code unknown-credential}: a client certificate was shown to kube-apiserver that was never issued
 * @param credentialId SHA-256 fingerprint, lowercase hexadecimal, where the alarm is about a certificate
 * @param detail what was seen, one line
 * @param at RFC 3339
 */
public record AgentAlarm(String kind, @Nullable String credentialId, String detail, String at) {}
