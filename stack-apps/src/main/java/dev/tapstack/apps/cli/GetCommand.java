package dev.tapstack.apps.cli;

import dev.tapstack.addr.Endpoint;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code tapstack get}: downloads what a URL names. */
@Command(
    name = "get",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Downloads what a URL names, by HTTP/1.1.",
    description =
        "Shows the progress if standard error is a terminal. A status other than 2xx is a failure;"
            + " redirects are not followed but told. A server that does not answer is given up"
            + " after 15 seconds.",
    customSynopsis = "tapstack get --tap NAME[@NETNS] --address CIDR [OPTION]... [-o FILE] URL",
    footerHeading = "%nExamples:%n",
    footer = {
      "  From a server on this machine's end of the TAP:",
      "    tapstack get --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "        -o page.html http://192.168.77.1/",
      "  From another subnet, through this machine, with a capture of every frame:",
      "    tapstack get --tap tap0 --address 192.168.77.2/24 --host-address 192.168.77.1/24 \\",
      "        --gateway 192.168.77.1 --pcap get.pcap http://10.0.0.5:8080/file >file",
      "",
      "Exit status: 0 all of it is there, 1 failure, 2 wrong usage."
    })
final class GetCommand implements Callable<Integer> {
  private static final int HTTP_PORT = 80;
  private static final int MAX_PORT = 65_535;

  /** RFC 3986 3.2, without user information: a name or an IPv4 address, and perhaps a port. */
  private static final Pattern AUTHORITY = Pattern.compile("([\\w.~-]+)(?::(\\d{0,5}))?");

  @Mixin private HostOptions host;

  @Mixin private NameOptions names;

  @Option(
      names = "-o",
      paramLabel = "FILE",
      description = "Where to write it, over what is there; by default standard output.")
  private @Nullable String file;

  @Parameters(
      paramLabel = "URL",
      description = "As http://HOST[:PORT][/PATH]: HOST is " + NameOptions.EXPLAINED + ".")
  private String url;

  @ParentCommand private Tapstack tapstack;
  @Spec private CommandSpec spec;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  GetCommand() {}

  @Override
  public Integer call() {
    HostConfig config = tapstack.clientConfig(host, spec);
    URI uri = uri();
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String target = uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    Endpoint server = server(uri.getRawAuthority(), config);
    try (Host opened = Host.open(config, System.err)) {
      return new Download(opened, url, file).run(server, uri.getRawAuthority(), target);
    }
  }

  private URI uri() {
    URI uri;
    try {
      uri = new URI(url);
    } catch (URISyntaxException e) {
      throw wrong("'" + url + "' is not a URL: " + e.getReason());
    }
    if ("https".equalsIgnoreCase(uri.getScheme())) {
      throw wrong("https is not spoken yet: name an http:// URL");
    }
    boolean isPlain =
        "http".equalsIgnoreCase(uri.getScheme())
            && uri.getRawAuthority() != null
            && url.chars().allMatch(c -> c < 0x80);
    if (!isPlain) {
      throw notPlain();
    }
    return uri;
  }

  /** Not by {@link URI#getHost}, which knows no name with an underscore, as containers have. */
  private Endpoint server(String authority, HostConfig config) {
    Matcher parts = AUTHORITY.matcher(authority);
    if (!parts.matches()) {
      throw notPlain();
    }
    String port = parts.group(2);
    int number = port == null || port.isEmpty() ? HTTP_PORT : Integer.parseInt(port);
    if (number == 0 || number > MAX_PORT) {
      throw notPlain();
    }
    return new Endpoint(names.resolve(parts.group(1), config.address()), number);
  }

  private ParameterException notPlain() {
    return wrong("'" + url + "' is not http://HOST[:PORT][/PATH] in ASCII");
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
