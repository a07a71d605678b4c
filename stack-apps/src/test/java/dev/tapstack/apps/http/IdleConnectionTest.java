package dev.tapstack.apps.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tapstack.apps.fake.FakeConnection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection has memory for a request from its first byte until it is answered, and not else. */
class IdleConnectionTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  private final HttpFixture fixture = new HttpFixture();

  private int held() {
    return fixture.server.requestMemory().outstanding();
  }

  @Test
  void idleConnectionsHoldNoMemoryOfRequests() {
    List<FakeConnection> clients = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      clients.add(fixture.client());
    }
    assertEquals(0, held(), "before the first request");
    clients.forEach(client -> client.send(GET + GET).readAll());
    assertEquals(100, fixture.server.openConnections());
    assertEquals(0, held(), "between requests");
    clients.forEach(client -> client.send("GET /what HTTP"));
    assertEquals(100, held(), "in the midst of a head");
    clients.forEach(client -> client.send("/1.1\r\nHost: a\r\nX-Test: 1\r\n\r\n").readAll());
    assertEquals(0, held());
  }

  @Test
  void aRequestThatWaitsForItsContentHoldsIt() {
    FakeConnection client = fixture.client();
    client.send("POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
    assertEquals(1, held());
    assertTrue(client.send("c").readText().endsWith("[abc]"));
    assertEquals(0, held());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "BAD\r\n",
        "GET /%2e%2e/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /fail HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n",
      })
  void aConnectionThatEndsGivesItBack(String request) {
    FakeConnection client = fixture.client().send(request);
    assertFalse(client.readText().isEmpty());
    assertTrue(client.isFinished());
    assertEquals(0, held(), "while it waits for the client's end");
    client.finish();
    assertEquals(0, fixture.server.openConnections());
  }

  @ParameterizedTest
  @ValueSource(strings = {"GE", "POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"})
  void aConnectionThatIsResetGivesItBack(String request) {
    fixture.client().send(request).reset();
    assertEquals(0, held());
    FakeConnection slow = fixture.context.client(80, 1000, 10).send(GET);
    assertEquals(0, held(), "what is left of the response is all that waits");
    slow.reset();
    assertEquals(0, held());
  }

  @Test
  void whatALargeHeadNeededIsNotKept() {
    RequestMemory.Pool pool = new RequestMemory.Pool();
    RequestMemory ordinary = pool.take();
    pool.give(ordinary);
    assertSame(ordinary, pool.take());
    ordinary.head = new byte[30_000];
    pool.give(ordinary);
    assertEquals(512, pool.take().head.length);
  }
}
