package dev.tapstack.containers;

import org.testcontainers.containers.Network;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.lifecycle.Startables;

/**
 * A gateway in a container between two Docker networks: two clients inside, whose default routes
 * lead through it, and a web server outside. TCP port 8080 is forwarded to alice's web server, and
 * UDP port 5353 to her port 5000. Ready when the constructor returns; everything is gone when it is
 * closed.
 */
final class GatewayBetweenNetworks implements AutoCloseable {
  private static final String NGINX =
      """
      error_log stderr;
      events {}
      http {
        access_log off;
        default_type text/plain;
        server {
          listen 80;
          root /srv;
          location = / { return 200 "$remote_addr $remote_port"; }
          location ~ ^/number/(.*)$ { return 200 "number $1\n"; }
        }
      }
      """;

  private final Network inside = Networks.bridge();
  private final Network outside = Networks.notMasqueraded();
  private final Peer alice = new Peer(inside);
  private final Peer carol = new Peer(inside);
  private final Peer web = new Peer(outside);
  private TapStackContainer gateway;

  GatewayBetweenNetworks() {
    try {
      Startables.deepStart(alice, carol, web).join();
      gateway =
          TapStackContainer.gateway(
                  "--inside=" + insideSubnet(),
                  "--outside=" + Networks.subnet(outside),
                  "--forward=tcp:8080=%s:80".formatted(alice.address()),
                  "--forward=udp:5353=%s:5000".formatted(alice.address()))
              .withNetwork(inside)
              .withFurtherNetwork(outside);
      gateway.start();
      for (Peer client : new Peer[] {alice, carol}) {
        client.ok("ip route replace default via " + insideAddress());
      }
      for (Peer server : new Peer[] {alice, web}) {
        server.copyFileToContainer(Transferable.of(NGINX), "/etc/nginx/nginx.conf");
        server.ok("nginx");
      }
      web.ok("head -c 50M /dev/urandom >/srv/large");
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The client whose ports are forwarded. */
  Peer alice() {
    return alice;
  }

  /** The other client. */
  Peer carol() {
    return carol;
  }

  /** The server outside. */
  Peer web() {
    return web;
  }

  TapStackContainer gateway() {
    return gateway;
  }

  String insideSubnet() {
    return Networks.subnet(inside);
  }

  /** The gateway's address inside. */
  String insideAddress() {
    return gateway.address(inside);
  }

  /** The gateway's address outside. */
  String outsideAddress() {
    return gateway.address(outside);
  }

  @Override
  public void close() {
    if (gateway != null) {
      gateway.close();
    }
    web.close();
    carol.close();
    alice.close();
    outside.close();
    inside.close();
  }
}
