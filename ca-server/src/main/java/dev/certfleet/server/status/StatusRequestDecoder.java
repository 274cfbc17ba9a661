package dev.certfleet.server.status;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/** Reads HTTP/1 requests within bounds. One with two lengths is refused: others may take its end for elsewhere. */
final class StatusRequestDecoder extends HttpRequestDecoder {
    /** Of the first line, which holds a GET's OCSP request, and of all headers together. */
    static final int MAX_HEAD = 8 * 1024;

    StatusRequestDecoder() {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(MAX_HEAD)
                .setMaxHeaderSize(MAX_HEAD)
                .setMaxChunkSize(MAX_HEAD));
    }

    /** RFC 9112 section 6.1. */
    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException("both Transfer-Encoding and Content-Length");
    }
}
