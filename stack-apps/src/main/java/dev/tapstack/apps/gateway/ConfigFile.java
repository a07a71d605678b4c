package dev.tapstack.apps.gateway;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a configuration file: one YAML document, in which anchors, aliases and tags are refused,
 * for who reads a rule should see it whole. Any thread.
 */
public final class ConfigFile {
  /** Far above 4,096 rules of a line each. */
  static final int MAX_BYTES = 1 << 20;

  private ConfigFile() {}

  /**
   * Reads a file.
   *
   * @throws ConfigException if it cannot be read, or is no YAML
   */
  public static ConfigValue read(Path file) throws ConfigException {
    String name = file.toString();
    try {
      long bytes = Files.size(file);
      if (bytes > MAX_BYTES) {
        throw new ConfigException(
            name + ": " + bytes + " bytes are more than " + MAX_BYTES + ": is it the right file?");
      }
      ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
      return parse(name, StandardCharsets.UTF_8.newDecoder().decode(content).toString());
    } catch (CharacterCodingException e) {
      throw new ConfigException(name + ": is not UTF-8: save it as UTF-8");
    } catch (NoSuchFileException e) {
      throw new ConfigException(name + ": cannot be read: there is no such file");
    } catch (IOException e) {
      throw new ConfigException(name + ": cannot be read: " + e);
    }
  }

  /**
   * Parses {@code text}, which messages call {@code name}.
   *
   * @throws ConfigException if it is no YAML, or empty
   */
  public static ConfigValue parse(String name, String text) throws ConfigException {
    LoadSettings settings = LoadSettings.builder().setLabel(name).build();
    try {
      Node root =
          new Compose(settings)
              .composeString(text)
              .orElseThrow(() -> new ConfigException(name + ": is empty: see the README"));
      return new ConfigValue(name, "", root);
    } catch (MarkedYamlEngineException e) {
      int line = e.getProblemMark().map(Mark::getLine).orElse(0) + 1;
      throw new ConfigException(
          name + ":" + line + ": is not YAML: " + ConfigValue.printable(e.getProblem()));
    } catch (YamlEngineException e) {
      throw new ConfigException(
          name + ": is not YAML: " + ConfigValue.printable(String.valueOf(e.getMessage())));
    } catch (StackOverflowError e) {
      throw new ConfigException(name + ": is nested too deeply: is it the right file?");
    }
  }
}
