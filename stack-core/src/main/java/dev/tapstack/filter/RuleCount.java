package dev.tapstack.filter;

import java.util.List;

/**
 * What a rule has matched since its set of rules began. Immutable.
 *
 * @param list the name of its group or access list
 * @param direction which of its rules
 * @param rule its number; "answers" for what passes a group without a rule, "otherwise" for what no
 *     rule matched
 * @param matches what a packet is judged by, the state included that a group adds
 * @param action what is done with it
 * @param packets that matched
 * @param bytes of these, from the IP header on
 */
public record RuleCount(
    String list,
    Direction direction,
    String rule,
    List<Match> matches,
    Action action,
    long packets,
    long bytes) {}
