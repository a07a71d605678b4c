package dev.tapstack;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Who may use whom inside stack-core, and what nobody may use. */
class ArchitectureTest {
  private static final String ROOT = "dev.tapstack";

  /**
   * Package to the highest packages it may use; it may also use what those may use. The root
   * package ("") wires everything but the simulation, which stands above it.
   */
  private static final Map<String, Set<String>> MAY_USE = new LinkedHashMap<>();

  static {
    MAY_USE.put("addr", Set.of());
    MAY_USE.put("wire", Set.of("addr"));
    MAY_USE.put("stats", Set.of("addr"));
    MAY_USE.put("packet", Set.of("wire", "stats"));
    MAY_USE.put("loop", Set.of("stats"));
    MAY_USE.put("device", Set.of("packet", "loop"));
    MAY_USE.put("link", Set.of("device"));
    MAY_USE.put("ip", Set.of("link"));
    MAY_USE.put("ip.v4", Set.of("ip"));
    MAY_USE.put("conntrack", Set.of("ip"));
    MAY_USE.put("filter", Set.of("conntrack"));
    MAY_USE.put("nat", Set.of("conntrack"));
    MAY_USE.put("socket", Set.of("addr", "loop"));
    MAY_USE.put("icmp", Set.of("ip", "socket"));
    MAY_USE.put("udp", Set.of("ip", "socket"));
    MAY_USE.put("tcp.cc", Set.of());
    MAY_USE.put("tcp", Set.of("ip", "socket", "tcp.cc"));
    MAY_USE.put("blocking", Set.of("socket", "loop"));
    MAY_USE.put("nio", Set.of("socket", "loop"));
    MAY_USE.put("", Set.copyOf(MAY_USE.keySet()));
    MAY_USE.put("sim", Set.copyOf(MAY_USE.keySet()));
  }

  private static JavaClasses core;

  @BeforeAll
  static void readClasses() {
    core =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(ROOT);
  }

  static Set<String> packages() {
    return MAY_USE.keySet();
  }

  @ParameterizedTest(name = "dev.tapstack.{0}")
  @MethodSource("packages")
  void usesOnlyWhatTheTableAllows(String name) {
    Set<String> allowed = new TreeSet<>();
    addWithAllBelow(name, allowed);
    classes()
        .that()
        .resideInAPackage(qualified(name))
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackages(ROOT + "..")
                .or(
                    DescribedPredicate.describe(
                        "are in one of " + allowed,
                        type -> allowed.contains(relative(type.getPackageName())))))
        .allowEmptyShould(true)
        .check(core);
  }

  @Test
  void everyPackageIsInTheTable() {
    Set<String> unknown =
        core.stream()
            .map(type -> relative(type.getPackageName()))
            .filter(name -> !MAY_USE.containsKey(name))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), unknown, "packages without a row in MAY_USE");
  }

  @Test
  void packagesHaveNoCycles() {
    SliceAssignment onePackageEach =
        new SliceAssignment() {
          @Override
          public SliceIdentifier getIdentifierOf(JavaClass type) {
            return type.getPackageName().startsWith(ROOT)
                ? SliceIdentifier.of(type.getPackageName())
                : SliceIdentifier.ignore();
          }

          @Override
          public String getDescription() {
            return "packages";
          }
        };
    SlicesRuleDefinition.slices()
        .assignedFrom(onePackageEach)
        .should()
        .beFreeOfCycles()
        .allowEmptyShould(true)
        .check(core);
  }

  @Test
  void everyPackageExplainsItself() {
    Set<String> silent =
        core.stream()
            .map(JavaClass::getPackage)
            .filter(pkg ->
                !pkg.tryGetPackageInfo()
                    .map(info -> info.isAnnotatedWith(NullMarked.class))
                    .orElse(false))
            .map(JavaPackage::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(Set.of(), silent, "packages without a @NullMarked package-info");
  }

  @Test
  void transportsShowOnlyTheirLayer() {
    classes()
        .that()
        .resideInAnyPackage(qualified("icmp"), qualified("udp"), qualified("tcp"))
        .and()
        .arePublic()
        .and()
        .areTopLevelClasses()
        .and()
        .doNotHaveSimpleName("package-info")
        .should()
        .haveSimpleNameEndingWith("Layer")
        .allowEmptyShould(true)
        .check(core);
  }

  @Test
  void iterationOrderIsFixed() {
    noClasses()
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "iterate in the order of hash codes",
                type ->
                    Set.of(
                            "java.util.HashMap",
                            "java.util.HashSet",
                            "java.util.IdentityHashMap",
                            "java.util.concurrent.ConcurrentHashMap")
                        .contains(type.getName())))
        .allowEmptyShould(true)
        .check(core);
  }

  @Test
  void timeAndChanceEnterThroughTheLoopPackage() {
    noClasses()
        .that(DescribedPredicate.not(resideInAPackage(qualified("loop"))))
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Math.class, "random")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.Random")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
        .allowEmptyShould(true)
        .check(core);
  }

  @Test
  void nothingIsSynchronizedOrSleeps() {
    methods()
        .should()
        .notHaveModifier(JavaModifier.SYNCHRONIZED)
        .allowEmptyShould(true)
        .check(core);
    noClasses()
        .should()
        .callMethod(Thread.class, "sleep", long.class)
        .allowEmptyShould(true)
        .check(core);
  }

  @Test
  void ofNettyOnlyBuffersAreUsedAndNoNativeCode() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "com.sun.jna..", "io.netty.channel..", "io.netty.handler..", "io.netty.bootstrap..")
        .allowEmptyShould(true)
        .check(core);
  }

  private static void addWithAllBelow(String name, Set<String> into) {
    if (into.add(name)) {
      MAY_USE.get(name).forEach(below -> addWithAllBelow(below, into));
    }
  }

  private static String qualified(String name) {
    return name.isEmpty() ? ROOT : ROOT + "." + name;
  }

  private static String relative(String packageName) {
    return packageName.equals(ROOT) ? "" : packageName.substring(ROOT.length() + 1);
  }
}
