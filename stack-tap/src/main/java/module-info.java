/** Linux TAP devices as a device of the stack. */
module dev.tapstack.tap {
  requires transitive dev.tapstack.core;
  requires com.sun.jna;
  requires org.slf4j;

  exports dev.tapstack.tap;
}
