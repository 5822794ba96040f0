package io.faultline.runtime.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change, or one that was refused. Bodies and secrets are never in it.
 *
 * @param time when it was asked for
 * @param requestId the same in the answer's {@code X-Request-Id} and in the calls that follow
 * @param service which service was asked
 * @param who the person or program; of a service the person that it acts for, if there is one
 * @param kind how they said who they are
 * @param credential the id of their token; null if they have none
 * @param through the service that made the call for them; null if they made it themselves
 * @param remote the address that the call came from
 * @param method of HTTP
 * @param path as it was sent, with the query
 * @param host the host that it is about; null if about none
 * @param status of the answer
 * @param problem the end of its type's URI; null if it was done
 * @param millis how long it took
 */
public record AuditEntry(
    Instant time,
    String requestId,
    String service,
    String who,
    String kind,
    @Nullable String credential,
    @Nullable String through,
    String remote,
    String method,
    String path,
    @Nullable String host,
    int status,
    @Nullable String problem,
    long millis) {}
