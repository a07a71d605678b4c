package dev.tapstack.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.tapstack.wire.Dissection;
import dev.tapstack.wire.Dissection.Layer;
import dev.tapstack.wire.Dissector;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Any bytes are shown as a frame: each layer lies within the frame, and nothing that a terminal
 * would obey is in the text.
 */
class DissectorFuzzTest {
  private static final int BEFORE = 3;

  @FuzzTest
  void anyInput(byte[] input) {
    Dissection tree = Dissector.tree(Unpooled.wrappedBuffer(input), 0, input.length, input.length);
    String line = tree.line();
    assertTrue(line.chars().noneMatch(Character::isISOControl), line);
    for (Layer layer : tree.layers()) {
      assertTrue(layer.offset() >= 0 && layer.length() >= 0, () -> line);
      assertTrue(layer.offset() + layer.length() <= input.length, () -> line);
    }
    // The same frame further behind in a buffer reads the same.
    ByteBuf shifted = Unpooled.wrappedBuffer(new byte[BEFORE + input.length]);
    shifted.setBytes(BEFORE, input);
    assertEquals(line, Dissector.tree(shifted, BEFORE, input.length, input.length).line());
  }
}
