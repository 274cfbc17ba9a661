package dev.certfleet.server.web;

import dev.certfleet.server.access.Caller;
import io.swagger.v3.oas.annotations.Operation;
import io.swagger.v3.oas.annotations.tags.Tag;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.MediaType;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** How far a revocation is enforced. */
@RestController
@Tag(name = "revocations")
class ReceiptResource {
    private final VisibleRevocations visible;
    private final ReceiptViews receipts;

    ReceiptResource(VisibleRevocations visible, ReceiptViews receipts) {
        this.visible = visible;
        this.receipts = receipts;
    }

    @GetMapping(path = "/api/v1/revocations/{id}/receipt", produces = MediaType.APPLICATION_JSON_VALUE)
    @Operation(
            operationId = "getReceipt",
            summary = "Which doors were seen to refuse the certificate; waits until all were, or the time is up")
    ReceiptView receipt(
            @AuthenticationPrincipal Caller caller,
            @PathVariable UUID id,
            @RequestParam(required = false) @Nullable String wait)
            throws InterruptedException {
        Duration longest = Wait.of(wait);
        ReceiptView receipt = receipts.await(visible.find(caller, id, false).id(), longest);
        if (receipt == null) {
            throw ProblemException.notFound("receipt: the revocation was made before there were any");
        }
        return receipt;
    }
}
