package dev.tapstack.it;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that needs root, {@code /dev/net/tun} and {@code ip}. Where one of them is missing it is
 * skipped with a printed reason; with {@code -Dtapstack.requirePrivileged=true}, as {@code
 * scripts/verify} has it, it fails instead.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(PrivilegedCondition.class)
public @interface Privileged {}
