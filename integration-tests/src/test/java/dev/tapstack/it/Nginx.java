package dev.tapstack.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * A kernel's web server in a test's namespace: HTTP on 80, HTTPS on 443 with a certificate for
 * {@link StackUnderTest#HOST} from an authority that is made for it. Serving when the constructor
 * returns.
 */
final class Nginx implements AutoCloseable {
  private static final String CONFIGURATION =
      """
      daemon off;
      user root;
      pid DIR/nginx.pid;
      error_log stderr crit;
      events {}
      http {
        access_log off;
        types { text/html html; image/svg+xml svg; }
        client_body_temp_path DIR/body;
        proxy_temp_path DIR/proxy;
        fastcgi_temp_path DIR/fastcgi;
        uwsgi_temp_path DIR/uwsgi;
        scgi_temp_path DIR/scgi;
        server {
          listen 80;
          listen 443 ssl;
          ssl_certificate DIR/server.pem;
          ssl_certificate_key DIR/server.key;
          root DIR;
        }
      }
      """;

  private final Path directory;
  private final Command nginx;

  /** Serves {@code directory}, and keeps its own files there. */
  Nginx(TestNamespace namespace, Path directory) {
    this.directory = directory;
    makeCertificates();
    write("nginx.conf", CONFIGURATION.replace("DIR", directory.toString()));
    write("ready", "ready\n");
    nginx = namespace.start("nginx", "-c", directory.resolve("nginx.conf").toString());
    String[] curl = {"curl", "-sS", "-m", "5", "http://127.0.0.1/ready"};
    Command.awaitUntil(
        "nginx", () -> nginx.process().isAlive() && namespace.run(curl).status() == 0);
  }

  private void makeCertificates() {
    String days = " -days 2 ";
    String newKey = "openssl req -newkey rsa:2048 -nodes -batch ";
    write("names", "subjectAltName=IP:" + StackUnderTest.HOST + "\n");
    run(newKey + "-x509 -subj /CN=Authority -keyout ca.key -out ca.pem" + days);
    run(newKey + "-subj /CN=Server -keyout server.key -out server.csr");
    run(
        "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -set_serial 1"
            + " -extfile names -out server.pem"
            + days);
  }

  private void run(String line) {
    Command.run(Command.DEADLINE, List.of("sh", "-c", "cd " + directory + " && " + line)).ok();
  }

  private void write(String name, String text) {
    try {
      Files.writeString(directory.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Trusts the authority, and no other. */
  TrustManager[] trustManagers() {
    try (InputStream in = Files.newInputStream(directory.resolve("ca.pem"))) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry(
          "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    } catch (IOException | GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    nginx.close();
  }
}
