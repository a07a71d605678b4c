/**
 * Networks of real stacks under virtual time: the same stack, unmodified, as a deterministic
 * network inside one thread, such as a JUnit test.
 *
 * <pre>{@code
 * try (SimNet net = SimNet.seeded(42)) {
 *   SimHost client = net.host("client", "10.0.0.1/24");
 *   SimHost server = net.host("server", "10.0.0.2/24");
 *   net.link(client, server, FaultProfile.NONE.withLoss(0.05).withDelay(20_000_000, 0));
 *   server.stack().listen(server.endpoint(80), TcpOptions.DEFAULTS, connection -> application);
 *   client.stack().connect(null, server.endpoint(80), TcpOptions.DEFAULTS, handler);
 *   net.runUntil(handler::isDone, Duration.ofMinutes(1));
 * }
 * }</pre>
 *
 * <p>A minute of virtual time costs what its packets cost. The same seed gives the same frames,
 * byte for byte. After every turn {@link dev.tapstack.sim.SimNet} checks what must always hold, and
 * when it closes, that every packet has had its one end.
 *
 * <p>Hosts on different networks speak through routers: {@code net.router("r", "10.1.0.1/24",
 * "10.2.0.1/24")} joins two, and hosts that name it as their gateway reach each other.
 *
 * <p>A host's device is one end of a pipe; the other end goes through a {@code FaultDevice} into
 * the switch that every {@link dev.tapstack.sim.SimLink} is. {@link dev.tapstack.sim.VirtualLoop}
 * is the engine: it turns the loop and lets time jump from one deadline to the next.
 */
@NullMarked
package dev.tapstack.sim;

import org.jspecify.annotations.NullMarked;
