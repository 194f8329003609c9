package org.bookvotes.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import org.bookvotes.observability.EventStream;
import org.bookvotes.postgres.SqlTrouble;
import org.bookvotes.workers.WorkersView;

/**
 * What the live page shows: the status with the points of the charts. Used by one thread at a time.
 */
final class LiveView implements EventStream.Source {

  /** One line each: it goes over the wire as an event. */
  private static final ObjectWriter JSON =
      StatusReport.JSON.writer().without(SerializationFeature.INDENT_OUTPUT);

  /** Sent as {@code status}. Points that were sent before take the place of those. */
  record Live(StatusReport status, List<Timeline.Point> points) {}

  /** Sent as {@code trouble}. */
  record Trouble(String message) {}

  private final Supplier<StatusReport> status;
  private final WorkersView workers;
  private final Timeline timeline = new Timeline();

  /**
   * @param status throws an exception with the {@link SQLException} as its cause if the database
   *     does not answer
   */
  LiveView(Supplier<StatusReport> status, WorkersView workers) {
    this.status = status;
    this.workers = workers;
  }

  @Override
  public EventStream.Reading read() throws JsonProcessingException {
    StatusReport report;
    try {
      report = status.get();
      timeline.add(
          report.cluster(),
          workers.ratedBooksAfter(timeline.lastNumber(), Timeline.MOST_RUNS, Timeline.SPAN));
    } catch (SQLException e) {
      return trouble(e);
    } catch (IllegalStateException e) {
      if (e.getCause() instanceof SQLException cause) {
        return trouble(cause);
      }
      throw e;
    }
    return new EventStream.Reading(
        "status",
        JSON.writeValueAsString(new Live(report, timeline.points())),
        JSON.writeValueAsString(new Live(report, timeline.changes())));
  }

  private static EventStream.Reading trouble(SQLException e) throws JsonProcessingException {
    String json = JSON.writeValueAsString(new Trouble(SqlTrouble.summarize(e)));
    return new EventStream.Reading("trouble", json, json);
  }
}
