package dev.tapstack.apps.cli;

import dev.tapstack.apps.cli.control.CapturedFrames;
import dev.tapstack.apps.cli.control.FrameRecord;
import dev.tapstack.wire.Dissection;
import dev.tapstack.wire.Dissector;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tapstack capture}: the frames of a running process as they pass. */
@Command(
    name = "capture",
    mixinStandardHelpOptions = true,
    versionProvider = Tapstack.Version.class,
    sortOptions = false,
    header = "Shows the frames of a running stack as they pass, until Ctrl-C.",
    description = {
      ControlOptions.WHICH,
      "The process goes on as before: frames that this command is too slow for are not shown, but"
          + " counted. --json prints an object in a line for each frame."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  tapstack capture",
      "  Only ARP on tap0; then the next ten frames of a client's HTTP connection:",
      "    tapstack capture tap0 arp",
      "    tapstack capture -c 10 192.168.77.1 80",
      "  For Wireshark, in a file or at once:",
      "    tapstack capture -w capture.pcap",
      "    tapstack capture -w - | wireshark -k -i -"
    })
final class CaptureCommand implements Callable<Integer> {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSSSSS").withZone(ZoneId.systemDefault());

  @Option(
      names = "-w",
      paramLabel = "FILE",
      description = "Writes a .pcap file instead of lines; - for standard output.")
  private @Nullable String file;

  @Option(names = "-c", paramLabel = "COUNT", description = "Ends after so many frames.")
  private long count = Long.MAX_VALUE;

  @Parameters(
      paramLabel = "[IFACE] [FILTER]",
      arity = "0..*",
      description =
          "An interface, else all; then what a frame must be of: an address (IP or MAC), a port, a"
              + " protocol (arp, icmp, udp, tcp, http ...). All must hold.")
  private List<String> words = new ArrayList<>();

  @Mixin private ControlOptions control;
  @Spec private CommandSpec spec;

  private long captured;
  private long matched;

  /** Made by picocli, which injects the annotated fields. */
  @SuppressWarnings("NullAway.Init")
  CaptureCommand() {}

  @Override
  public Integer call() {
    if (control.isJson() && file != null) {
      throw new ParameterException(spec.commandLine(), "--json and -w: give one of them");
    }
    if (count < 1) {
      throw new ParameterException(spec.commandLine(), "-c " + count + ": write 1 or more");
    }
    try (CapturedFrames frames =
        control.target().capture(words.isEmpty() ? null : words.getFirst())) {
      capture(frames, filters(frames.interfaces()));
    } catch (IOException e) {
      throw new CommandException("the capture is cut off: " + e.getMessage(), e);
    }
    return 0;
  }

  private void capture(CapturedFrames frames, List<FrameFilter> filters) throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    Signals.onFirst(frames::stop);
    try (Capture pcap = file == null ? null : new Capture("-w", file)) {
      err.println("capturing on " + String.join(", ", frames.interfaces()) + " until Ctrl-C");
      err.flush();
      if (pcap != null) {
        pcap.writer().flush(); // its head, for a reader that waits
      }
      boolean isRead = true;
      while (isRead && matched < count) {
        FrameRecord frame = frames.next();
        if (frame == null) {
          break;
        }
        captured++;
        isRead = show(frame, frames, filters, pcap);
      }
    }
    err.println(
        (frames.isCutOff() ? "the process has ended: " : "")
            + "%d frames captured, %d shown, %d lost because this was too slow"
                .formatted(captured, matched, frames.lost()));
    err.flush();
  }

  /** What the words ask for, less the interface. */
  private List<FrameFilter> filters(List<String> interfaces) {
    boolean hasInterface = !words.isEmpty() && interfaces.equals(List.of(words.getFirst()));
    List<FrameFilter> filters = new ArrayList<>();
    for (String word : words.subList(hasInterface ? 1 : 0, words.size())) {
      try {
        filters.add(FrameFilter.parse(word));
      } catch (IllegalArgumentException e) {
        throw new ParameterException(
            spec.commandLine(),
            e.getMessage() + "; the interfaces are " + String.join(", ", interfaces),
            e);
      }
    }
    return filters;
  }

  /** False when nobody reads any more, as behind {@code | head}. */
  private boolean show(
      FrameRecord record, CapturedFrames frames, List<FrameFilter> filters, @Nullable Capture pcap)
      throws IOException {
    ByteBuf bytes = Unpooled.wrappedBuffer(record.frame());
    Dissection frame = null;
    if (pcap == null || !filters.isEmpty()) {
      frame = Dissector.tree(bytes, 0, record.frame().length);
      for (FrameFilter filter : filters) {
        if (!filter.accepts(frame)) {
          return true;
        }
      }
    }
    matched++;
    if (pcap != null) {
      pcap.writer().write(record.epochNanos(), bytes, 0, record.frame().length);
      if (frames.isDrained() || matched == count) {
        pcap.writer().flush(); // a capture can be watched while it grows
      }
      return true;
    }
    return print(record, frames.interfaces().get(record.interfaceIndex()), frame);
  }

  private boolean print(FrameRecord record, String device, @Nullable Dissection frame) {
    assert frame != null;
    Instant time = Instant.ofEpochSecond(0, record.epochNanos());
    PrintWriter out = spec.commandLine().getOut();
    if (control.isJson()) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("time", time.toString());
      object.put("dev", device);
      object.put("direction", record.isTransmitted() ? "out" : "in");
      object.put("length", record.frame().length);
      object.put("line", frame.line());
      out.println(ControlOptions.text(object));
    } else {
      String direction = record.isTransmitted() ? " > " : " < ";
      out.println(TIME.format(time) + " " + device + direction + frame.line());
    }
    return !out.checkError(); // flushes too
  }
}
