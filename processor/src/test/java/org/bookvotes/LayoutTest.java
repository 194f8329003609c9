package org.bookvotes;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.equivalentTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.sql.SQLException;
import org.bookvotes.observability.Meters;

/** The rules of the layout: docs/decisions/0001-layout.md. */
@AnalyzeClasses(packages = "org.bookvotes", importOptions = ImportOption.DoNotIncludeTests.class)
class LayoutTest {

  @ArchTest
  static final ArchRule DEPENDENCIES_FLOW_ONE_WAY =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("app")
          .definedBy("org.bookvotes.app..")
          .layer("ingest")
          .definedBy("org.bookvotes.ingest..")
          .layer("dispatch")
          .definedBy("org.bookvotes.dispatch..")
          .layer("workers")
          .definedBy("org.bookvotes.workers..")
          .layer("postgres")
          .definedBy("org.bookvotes.postgres..")
          .layer("observability")
          .definedBy("org.bookvotes.observability..")
          .whereLayer("app")
          .mayNotBeAccessedByAnyLayer()
          .whereLayer("ingest")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("dispatch")
          .mayOnlyBeAccessedByLayers("app")
          .whereLayer("workers")
          .mayOnlyBeAccessedByLayers("app", "dispatch")
          .whereLayer("postgres")
          .mayNotAccessAnyLayer()
          .whereLayer("observability")
          .mayNotAccessAnyLayer();

  @ArchTest
  static final ArchRule NO_CYCLES =
      slices().matching("org.bookvotes.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule KAFKA_ONLY_WHERE_VOTES_ENTER =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "org.bookvotes.ingest..", "org.bookvotes.contracts..", "org.bookvotes.app..")
          .and(not(equivalentTo(Meters.class)))
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.kafka..");

  @ArchTest
  static final ArchRule JDBC_ONLY_WHERE_A_STATEMENT_IS_RUN =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.bookvotes.postgres..")
          .and()
          .haveNameNotMatching(
              ".*\\.(VoteStore|BookVotes|RefusalProbe|LetterRows|LetterStore|StaleBacklog|DeadRows|WorkerSlots?|WorkersView|WorkerlessBatch|RunJournal|RecalculationReport|\\w+Launcher)(\\$.*)?")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..")
                  .and(not(equivalentTo(SQLException.class))));

  @ArchTest
  static final ArchRule MICROMETER_ONLY_IN_OBSERVABILITY =
      noClasses()
          .that()
          .resideOutsideOfPackage("org.bookvotes.observability..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.micrometer..");

  @ArchTest
  static final ArchRule SETTINGS_ARE_READ_IN_ONE_PLACE =
      noClasses()
          .that()
          .doNotHaveSimpleName("SettingsCommand")
          .should()
          .callMethod(System.class, "getenv")
          .orShould()
          .callMethod(System.class, "getenv", String.class);

  @ArchTest
  static final ArchRule NULLNESS_IS_DECLARED =
      classes()
          .should()
          .resideInAnyPackage(
              "org.bookvotes.app",
              "org.bookvotes.contracts",
              "org.bookvotes.dispatch",
              "org.bookvotes.ingest",
              "org.bookvotes.observability",
              "org.bookvotes.postgres",
              "org.bookvotes.workers")
          .because(
              "each of these has a @NullMarked package-info.java; a new package needs one too");
}
