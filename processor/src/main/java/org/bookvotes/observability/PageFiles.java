package org.bookvotes.observability;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;

/** The files of the live page, from the class path. */
final class PageFiles {

  private static final String WEBJAR = "/META-INF/maven/org.webjars.npm/uplot/pom.properties";

  private static final String HTML = "text/html; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final String STYLE = "text/css; charset=utf-8";

  /** A file as it is served. */
  @SuppressWarnings("ArrayRecordComponent") // Written to the wire, never compared.
  record PageFile(String contentType, byte[] bytes) {}

  private PageFiles() {}

  /**
   * All files by their paths.
   *
   * @throws IllegalStateException if one is missing
   */
  static Map<String, PageFile> read() {
    Map<String, PageFile> files = new LinkedHashMap<>();
    files.put("/", new PageFile(HTML, resource("page/index.html")));
    files.put("/page.css", new PageFile(STYLE, resource("page/page.css")));
    for (String script : new String[] {"page.js", "view.js", "charts.js", "format.js"}) {
      files.put("/" + script, new PageFile(SCRIPT, resource("page/" + script)));
    }
    files.put("/icon.svg", new PageFile("image/svg+xml", resource("page/icon.svg")));
    String uplot = "/META-INF/resources/webjars/uplot/" + uplotVersion() + "/dist/uPlot.";
    files.put("/uplot.js", new PageFile(SCRIPT, resource(uplot + "iife.min.js")));
    files.put("/uplot.css", new PageFile(STYLE, resource(uplot + "min.css")));
    return files;
  }

  /** It is part of the path within the WebJar, and is told in one place only: where it is built. */
  private static String uplotVersion() {
    Properties properties = new Properties();
    try (InputStream in = PageFiles.class.getResourceAsStream(WEBJAR)) {
      if (in == null) {
        throw missing(WEBJAR);
      }
      properties.load(in);
    } catch (IOException e) {
      throw new IllegalStateException(WEBJAR + " cannot be read", e);
    }
    return properties.getProperty("version", "");
  }

  private static byte[] resource(String name) {
    try (InputStream in = PageFiles.class.getResourceAsStream(name)) {
      if (in == null) {
        throw missing(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(name + " cannot be read", e);
    }
  }

  private static IllegalStateException missing(String name) {
    return new IllegalStateException(name + " is missing: the jar is broken, build it again");
  }
}
