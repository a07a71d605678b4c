package dev.tapstack.apps.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lines of columns for people: each column as wide as its widest cell, numbers to the right. A line
 * may have details below it, which are in no column.
 */
final class TextTable {
  private static final String GAP = "  ";

  private final int columns;
  private final boolean[] isNumber;
  private final List<List<String>> lines = new ArrayList<>();

  /**
   * @param heads the first line; one that begins with {@code >} is of a column of numbers
   */
  TextTable(String... heads) {
    columns = heads.length;
    isNumber = new boolean[columns];
    List<String> first = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      isNumber[i] = heads[i].startsWith(">");
      first.add(isNumber[i] ? heads[i].substring(1) : heads[i]);
    }
    lines.add(first);
  }

  void line(@Nullable Object... cells) {
    assert cells.length == columns;
    List<String> line = new ArrayList<>();
    for (@Nullable Object cell : cells) {
      line.add(String.valueOf(cell));
    }
    lines.add(line);
  }

  void details(String text) {
    lines.add(List.of(text));
  }

  /** All lines, without ends. */
  List<String> lines() {
    int[] width = new int[columns];
    for (List<String> line : lines) {
      for (int i = 0; i < columns && line.size() == columns; i++) {
        width[i] = Math.max(width[i], line.get(i).length());
      }
    }
    return lines.stream().map(line -> text(line, width)).toList();
  }

  private String text(List<String> line, int[] width) {
    if (line.size() != columns) {
      return GAP + line.getFirst();
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < columns; i++) {
      String cell = line.get(i);
      String blanks = " ".repeat(width[i] - cell.length());
      text.append(i == 0 ? "" : GAP).append(isNumber[i] ? blanks + cell : cell + blanks);
    }
    return text.toString().stripTrailing();
  }
}
