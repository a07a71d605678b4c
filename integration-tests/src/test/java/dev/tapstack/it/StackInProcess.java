package dev.tapstack.it;

import dev.tapstack.addr.IpPrefix;
import dev.tapstack.socket.StackContext;
import dev.tapstack.tap.NetworkNamespace;
import dev.tapstack.tap.TapConfig;
import dev.tapstack.tap.TapStack;

/**
 * A stack in the test's own JVM, at {@link StackUnderTest#ADDRESS}, on a TAP in a namespace whose
 * kernel has {@link StackUnderTest#HOST}. Running when the constructor returns.
 */
final class StackInProcess implements AutoCloseable {
  private final TestNamespace namespace = new TestNamespace();
  private final TapStack host;

  StackInProcess() {
    host =
        TapStack.open(
            new TapConfig(
                StackUnderTest.TAP,
                NetworkNamespace.named(namespace.name()),
                0,
                IpPrefix.parse(StackUnderTest.HOST + "/24")),
            IpPrefix.parse(StackUnderTest.ADDRESS + "/24"));
    host.start(services -> {});
  }

  StackContext stack() {
    return host.stack();
  }

  /** Where the kernel's programs run. */
  TestNamespace namespace() {
    return namespace;
  }

  @Override
  public void close() {
    host.close();
    namespace.close();
  }
}
