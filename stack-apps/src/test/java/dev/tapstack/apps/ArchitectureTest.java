package dev.tapstack.apps;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Applications run on any stack; the command line alone knows that there are TAP devices. */
class ArchitectureTest {
  private final JavaClasses apps =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.tapstack.apps");

  @Test
  void onlyTheCommandLineTouchesTheTapDevice() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tapstack.apps.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tapstack.tap..", "com.sun.jna..", "picocli..")
        .allowEmptyShould(true)
        .check(apps);
  }

  @Test
  void nothingUsesTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.tapstack.apps.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.tapstack.apps.cli..")
        .allowEmptyShould(true)
        .check(apps);
  }

  /** A gateway is no application: it hooks modules into the layers themselves. */
  @Test
  void applicationsUseTheSocketsAndNotTheProtocolsBehindThem() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.tapstack.apps.cli..", "dev.tapstack.apps.gateway..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.tapstack.tcp..", "dev.tapstack.udp..", "dev.tapstack.link..")
        .allowEmptyShould(true)
        .check(apps);
  }
}
