package dev.tapstack.apps.cli.control;

/** What a running process has for a command of some name. */
public sealed interface Answer permits View, Order, Instruction, Feed {}
