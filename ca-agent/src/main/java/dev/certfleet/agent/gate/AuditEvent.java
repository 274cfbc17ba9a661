package dev.certfleet.agent.gate;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What one event of kube-apiserver's audit log ({@code audit.k8s.io/v1}) says of its caller: the one that was authenticated, not
 * whom it impersonates and not what is in the request.
 *
 * @param user empty where nobody was authenticated
 * @param credentialIds each {@code X509SHA256=} and a fingerprint, or of another kind
 * @param address the connection's own, the last of {@code sourceIPs}: those before it are what the caller's headers say
 */
record AuditEvent(String user, List<String> groups, List<String> credentialIds, String address) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_TEXTS = 1000;

    /** @throws IllegalArgumentException where the line is no audit event */
    static AuditEvent read(byte[] line, int from, int length) {
        String user = "";
        List<String> groups = List.of();
        List<String> ids = List.of();
        String address = "";
        boolean hasUser = false;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), line, from, length)) {
            expect(parser.nextToken() == JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                JsonToken value = parser.nextToken();
                if (name.equals("user") && value == JsonToken.START_OBJECT) {
                    hasUser = true;
                    while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                        String part = parser.currentName();
                        JsonToken held = parser.nextToken();
                        if (part.equals("username") && held == JsonToken.VALUE_STRING) {
                            user = parser.getString();
                        } else if (part.equals("groups")) {
                            groups = texts(parser);
                        } else if (part.equals("extra") && held == JsonToken.START_OBJECT) {
                            ids = credentialIds(parser);
                        } else {
                            parser.skipChildren();
                        }
                    }
                } else if (name.equals("sourceIPs")) {
                    List<String> addresses = texts(parser);
                    address = addresses.isEmpty() ? "" : addresses.getLast();
                } else {
                    parser.skipChildren();
                }
                // kube-apiserver writes them in this order, and most of the line comes after them.
                if (hasUser && !address.isEmpty()) {
                    return new AuditEvent(user, groups, ids, address);
                }
            }
            expect(parser.currentToken() == JsonToken.END_OBJECT && hasUser);
            return new AuditEvent(user, groups, ids, address);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static List<String> credentialIds(JsonParser parser) {
        List<String> ids = List.of();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean wanted = parser.currentName().equals(AccessReview.CREDENTIAL_ID);
            parser.nextToken();
            if (wanted) {
                ids = texts(parser);
            } else {
                parser.skipChildren();
            }
        }
        return ids;
    }

    private static List<String> texts(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return List.of();
        }
        List<String> texts = new ArrayList<>(4);
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            expect(parser.currentToken() == JsonToken.VALUE_STRING && texts.size() < MAX_TEXTS);
            texts.add(parser.getString());
        }
        return texts;
    }

    private static void expect(boolean fits) {
        if (!fits) {
            throw new IllegalArgumentException("not an audit event");
        }
    }
}
