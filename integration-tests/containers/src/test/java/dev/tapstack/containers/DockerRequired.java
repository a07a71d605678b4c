package dev.tapstack.containers;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that needs an engine for containers. It runs with {@code -Dtapstack.docker=required}, as
 * {@code scripts/verify} has it, on the image of this source tree, and fails if it cannot; else it
 * is skipped with a printed reason.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(DockerCondition.class)
public @interface DockerRequired {}
