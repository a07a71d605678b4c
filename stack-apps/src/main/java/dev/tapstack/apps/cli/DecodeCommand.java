package dev.tapstack.apps.cli;

import dev.tapstack.wire.Dissection;
import dev.tapstack.wire.PcapFile;
import dev.tapstack.wire.PcapReader;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tapstack decode}: prints the frames of a capture, each in a line or as a tree. */
@Command(
    name = "decode",
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Prints every frame of a .pcap file in a line, from Ethernet to HTTP.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack decode capture.pcap",
      "  tapstack decode capture.pcap | head",
      "  tapstack decode -f 192.168.77.1 -f 80 capture.pcap",
      "  tapstack decode -V -f arp capture.pcap",
      "  tapstack serve --tap tap0 --address 192.168.77.2/24 --pcap - | tapstack decode -"
    })
final class DecodeCommand implements Callable<Integer> {
  private static final String STANDARD_INPUT = "-";

  @Option(
      names = "-V",
      description = "Every layer and field of each frame below its line, with their values.")
  private boolean isTree;

  @Option(
      names = "-f",
      paramLabel = "TERM",
      description =
          "Only frames of this address (IP or MAC), port, or protocol (arp, icmp, udp, tcp, http"
              + " ...). May be repeated: all must hold.")
  private List<FrameFilter> filters = new ArrayList<>();

  // Not picocli's standard ones: -V is the tree here, as in other decoders.

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  @SuppressWarnings("UnusedVariable") // picocli's
  private boolean help;

  @Option(
      names = "--version",
      versionHelp = true,
      description = "Print version information and exit.")
  @SuppressWarnings("UnusedVariable") // picocli's
  private boolean version;

  @Parameters(paramLabel = "FILE.pcap", description = "The capture; - for standard input.")
  private String file;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  DecodeCommand() {}

  @Override
  public Integer call() {
    try (PcapReader capture = new PcapReader(open())) {
      print(capture);
      if (capture.truncation().isPresent()) {
        throw new CommandException(file + ": " + capture.truncation().get());
      }
    } catch (PcapReader.FormatException e) {
      throw new CommandException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new CommandException(file + ": cannot be read: " + e.getMessage(), e);
    }
    return 0;
  }

  private InputStream open() throws IOException {
    if (file.equals(STANDARD_INPUT)) {
      return System.in;
    }
    Path path = Path.of(file);
    if (Files.isDirectory(path)) {
      throw new CommandException(file + ": is a directory: name a .pcap file");
    }
    try {
      return Files.newInputStream(path);
    } catch (NoSuchFileException e) {
      throw new CommandException(file + ": no such file", e);
    } catch (AccessDeniedException e) {
      throw new CommandException(file + ": permission denied: read it as its owner or root", e);
    }
  }

  private void print(PcapReader capture) throws IOException {
    boolean hasNanos = capture.resolution() == PcapFile.Resolution.NANOS;
    DateTimeFormatter time =
        DateTimeFormatter.ofPattern(hasNanos ? "HH:mm:ss.SSSSSSSSS" : "HH:mm:ss.SSSSSS")
            .withZone(ZoneId.systemDefault());
    // Lines of a capture that is still being written are wanted at once.
    boolean isLive = file.equals(STANDARD_INPUT);
    OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out));
    boolean isRead = true;
    while (isRead && capture.next()) {
      Dissection frame = capture.dissect();
      if (filters.stream().allMatch(filter -> filter.accepts(frame))) {
        Instant instant = Instant.ofEpochSecond(0, capture.epochNanos());
        String line = time.format(instant) + " " + frame.line();
        isRead = write(out, isTree ? line + tree(frame) : line, isLive);
      }
    }
    write(out, "", true);
  }

  /** A line for each layer and each field, with its place in the frame. */
  private static String tree(Dissection frame) {
    StringBuilder text = new StringBuilder();
    for (Dissection.Layer layer : frame.layers()) {
      text.append("\n  ").append(layer.protocol());
      text.append(", ").append(layer.length()).append(" bytes at ").append(layer.offset());
      if (layer.quoted()) {
        text.append(", quoted");
      }
      layer.notes().forEach(note -> text.append(" [").append(note).append(']'));
      for (Dissection.Field field : layer.fields()) {
        text.append(
            String.format(
                Locale.ROOT,
                "%n    %4d %-4d %-20s %s",
                field.offset(),
                field.length(),
                field.name(),
                field.text()));
      }
    }
    return text.toString();
  }

  /** False when nobody reads any more, as behind {@code | head}: that is an end, not an error. */
  private static boolean write(OutputStream out, String line, boolean flush) {
    try {
      if (!line.isEmpty()) {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
      }
      if (flush) {
        out.flush();
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
