package dev.certfleet.server.status;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The head of a request as Netty read it.
 *
 * @param path exactly as it was sent, without a query
 * @param keepAlive whether the client wants to go on after the answer
 */
record Received(HttpRequest http, String path, boolean keepAlive) implements Request {
    static Received of(HttpRequest http) {
        return new Received(http, path(http.uri()), HttpUtil.isKeepAlive(http));
    }

    /** Clients may send scheme and host too (RFC 9112 section 3.2.2). */
    private static String path(String target) {
        int start = 0;
        if (!target.startsWith("/")) {
            int scheme = target.indexOf("://");
            int slash = scheme < 0 ? -1 : target.indexOf('/', scheme + 3);
            start = slash < 0 ? target.length() : slash;
        }
        int query = target.indexOf('?', start);
        return target.substring(start, query < 0 ? target.length() : query);
    }

    /** HTTP/1.0, or HTTP/1.1 with the one Host that it demands (RFC 9112 section 3.2). */
    boolean isWellFormed() {
        if (!http.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            return true;
        }
        Iterator<? extends CharSequence> hosts = http.headers().valueCharSequenceIterator(HttpHeaderNames.HOST);
        if (!hosts.hasNext()) {
            return false;
        }
        hosts.next();
        return !hosts.hasNext();
    }

    boolean isHttp1() {
        return http.protocolVersion().majorVersion() == 1;
    }

    boolean isHttp10() {
        return http.protocolVersion().equals(HttpVersion.HTTP_1_0);
    }

    boolean hasBody() {
        return HttpUtil.isTransferEncodingChunked(http) || declaredLength() > 0;
    }

    /** Content-Length; 0 where there is none. */
    long declaredLength() {
        return HttpUtil.getContentLength(http, 0L);
    }

    boolean waitsForContinue() {
        return HttpUtil.is100ContinueExpected(http);
    }

    @Override
    public String method() {
        return http.method().name();
    }

    @Override
    public List<String> headers(String name) {
        return http.headers().getAll(name);
    }

    @Override
    public @Nullable String header(String name) {
        return http.headers().get(name);
    }
}
