package org.bookvotes.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.bookvotes.bench.Plot.Point;
import org.bookvotes.bench.Plot.Series;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class SvgTest {

  private static final double TOP = 60;
  private static final double BOTTOM = 280;
  private static final double LEFT = 70;
  private static final double RIGHT = 740;

  private static Document draw(String title, String unit, Series... series) throws Exception {
    String svg = Svg.draw(new Plot("plot", title, unit, List.of(series)));
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  private static List<String> texts(Document svg) {
    List<String> texts = new ArrayList<>();
    var nodes = svg.getElementsByTagName("text");
    for (int i = 0; i < nodes.getLength(); i++) {
      texts.add(nodes.item(i).getTextContent());
    }
    return texts;
  }

  private static List<String> points(Document svg, int line) {
    Element polyline = (Element) svg.getElementsByTagName("polyline").item(line);
    return List.of(polyline.getAttribute("points").split(" ", -1));
  }

  @Test
  void placesPointsByTimeAndValue() throws Exception {
    Document svg =
        draw(
            "Size",
            "MB",
            new Series("heap", List.of(new Point(0, 0), new Point(50, 5), new Point(100, 10))));
    assertThat(points(svg, 0))
        .containsExactly(
            LEFT + "," + BOTTOM, (LEFT + RIGHT) / 2 + "," + (TOP + BOTTOM) / 2, RIGHT + "," + TOP);
  }

  @Test
  void drawsEachSeriesWithItsNameOnOneScale() throws Exception {
    Document svg =
        draw(
            "Size",
            "MB",
            new Series("heap", List.of(new Point(0, 10), new Point(10, 10))),
            new Series("index", List.of(new Point(0, 5), new Point(10, 5))));
    assertThat(texts(svg)).contains("heap", "index", "MB", "Size");
    assertThat(points(svg, 0)).containsExactly(LEFT + "," + TOP, RIGHT + "," + TOP);
    assertThat(points(svg, 1)).containsExactly(LEFT + ",170.0", RIGHT + ",170.0");
  }

  @Test
  void tellsLongTimesInMinutes() throws Exception {
    assertThat(texts(draw("t", "u", new Series("s", List.of(new Point(0, 1), new Point(600, 1))))))
        .contains("10 min");
    assertThat(texts(draw("t", "u", new Series("s", List.of(new Point(0, 1), new Point(100, 1))))))
        .contains("100 s");
  }

  @Test
  void specialCharactersStayText() throws Exception {
    assertThat(texts(draw("a < b & c > d", "u", new Series("<s>", List.of(new Point(0, 1))))))
        .contains("a < b & c > d", "<s>");
  }

  @Test
  void drawsNothingFromNothing() throws Exception {
    Document svg = draw("Nothing yet", "MB", new Series("heap", List.of()));
    assertThat(points(svg, 0)).containsExactly("");
  }
}
