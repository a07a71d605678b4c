package dev.tapstack.apps.cli.docker;

import com.fasterxml.jackson.jr.ob.JSON;
import dev.tapstack.addr.IpPrefix;
import dev.tapstack.addr.Ipv4Address;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Docker engine of this machine, asked through its socket (Docker Engine API 1.41; its older
 * versions have the same fields). Immutable; a call blocks, for five seconds at most.
 */
public final class DockerEngine {
  private static final String DEFAULT_HOST = "unix:///var/run/docker.sock";
  private static final String UNIX = "unix://";
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** What the engine lets a name be; others are not asked for. */
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

  private final String host;
  private final Duration patience;

  DockerEngine(String host, Duration patience) {
    this.host = host;
    this.patience = patience;
  }

  /** The one that the variable DOCKER_HOST names, else the usual one. */
  public static DockerEngine ofEnvironment() {
    String host = System.getenv("DOCKER_HOST");
    return new DockerEngine(host == null || host.isEmpty() ? DEFAULT_HOST : host, PATIENCE);
  }

  /** Whether there is a socket that this user may ask; whether it answers is another matter. */
  public boolean isThere() {
    return host.startsWith(UNIX) && Files.isWritable(socket());
  }

  /**
   * The network of that name or ID; null if there is none.
   *
   * @throws DockerException if the engine cannot be asked, or a bridge is not what the network is
   */
  public @Nullable DockerNetwork network(String name) {
    Map<String, Object> answer = ask("/networks/", name);
    return answer == null ? null : DockerNetwork.of(answer);
  }

  /**
   * The address of the container of that name or ID, in {@code near} if it has one there; null if
   * there is no such container.
   *
   * @throws DockerException if the engine cannot be asked, or the container has no address
   */
  public @Nullable Ipv4Address container(String name, IpPrefix near) {
    Map<String, Object> answer = ask("/containers/", name + "/json", name);
    if (answer == null) {
      return null;
    }
    Ipv4Address found = null;
    Object networks = AnswerFields.object(answer, "NetworkSettings").get("Networks");
    for (Map<String, Object> network : AnswerFields.objectsIn(networks)) {
      String text = AnswerFields.text(network, "IPAddress");
      if (!text.isEmpty()) {
        Ipv4Address address = AnswerFields.address(text);
        if (near.contains(address)) {
          return address;
        }
        found = found == null ? address : found;
      }
    }
    if (found == null) {
      throw new DockerException(
          "container "
              + name
              + " has no IPv4 address: start it with 'docker start "
              + name
              + "', or join it to a network with 'docker network connect'");
    }
    return found;
  }

  private @Nullable Map<String, Object> ask(String directory, String name) {
    return ask(directory, name, name);
  }

  /** What the engine says; null if it knows nothing of that name. */
  private @Nullable Map<String, Object> ask(String directory, String path, String name) {
    if (!NAME.matcher(name).matches()) {
      return null;
    }
    Path socket = socket();
    try {
      EngineSocket.Answer answer = EngineSocket.get(socket, directory + path, patience);
      if (answer.status() == HttpURLConnection.HTTP_NOT_FOUND) {
        return null;
      }
      Map<String, Object> content = JSON.std.mapFrom(answer.content());
      if (answer.status() != HttpURLConnection.HTTP_OK) {
        throw new IOException(answer.status() + " " + AnswerFields.text(content, "message"));
      }
      return content;
    } catch (IOException e) {
      throw new DockerException("Docker engine " + socket + remedy(socket, e), e);
    }
  }

  private Path socket() {
    if (!host.startsWith(UNIX)) {
      throw new DockerException(
          "DOCKER_HOST="
              + host
              + " is not asked: name a socket of this machine, as "
              + DEFAULT_HOST);
    }
    return Path.of(host.substring(UNIX.length()));
  }

  private static String remedy(Path socket, IOException e) {
    if (!Files.exists(socket)) {
      return " is not there: start it, or name its socket by DOCKER_HOST=unix://PATH";
    }
    if (!Files.isWritable(socket)) {
      return ": permission denied: run as root, or join the group that owns the socket";
    }
    return ": " + e.getMessage();
  }
}
