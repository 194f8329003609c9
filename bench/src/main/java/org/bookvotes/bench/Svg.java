package org.bookvotes.bench;

import java.util.List;
import java.util.Locale;

/** Draws a plot as SVG that is readable on a light and on a dark page. */
final class Svg {

  private static final int WIDTH = 760;
  private static final int HEIGHT = 320;
  private static final int LEFT = 70;
  private static final int RIGHT = 20;
  private static final int TOP = 60;
  private static final int BOTTOM = 40;
  private static final int STEPS = 5;

  /** Okabe and Ito: told apart by the colour-blind too. */
  private static final List<String> COLOURS =
      List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9");

  private Svg() {}

  /** The picture as text. */
  static String draw(Plot plot) {
    double width = 1e-9;
    double height = 1e-9;
    for (Plot.Series series : plot.series()) {
      for (Plot.Point point : series.points()) {
        width = Math.max(width, point.seconds());
        height = Math.max(height, point.value());
      }
    }
    double step = niceStep(height / STEPS);
    double top = Math.ceil(height / step) * step;
    StringBuilder svg = new StringBuilder();
    line(
        svg,
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="sans-serif" font-size="12">\
        <title>%s</title><rect width="100%%" height="100%%" fill="#fff"/>"""
            .formatted(WIDTH, HEIGHT, escaped(plot.title())));
    line(svg, text(LEFT, 22, "font-size=\"15\"", plot.title()));
    line(svg, text(LEFT - 6, TOP - 14, "text-anchor=\"end\"", plot.unit()));
    for (double value = 0; value <= top + step / 2; value += step) {
      double y = y(value, top);
      line(
          svg,
          "<line x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\" stroke=\"#ddd\"/>"
              .formatted(LEFT, WIDTH - RIGHT, tenths(y), tenths(y)));
      line(svg, text(LEFT - 6, y + 4, "text-anchor=\"end\"", label(value, step)));
    }
    boolean minutes = width > 300;
    double unit = minutes ? 60 : 1;
    double timeStep = niceStep(width / unit / STEPS);
    for (double time = 0; time <= width / unit + 1e-9; time += timeStep) {
      line(
          svg,
          text(
              x(time * unit, width),
              HEIGHT - BOTTOM + 18,
              "text-anchor=\"middle\"",
              label(time, timeStep) + (minutes ? " min" : " s")));
    }
    double legend = LEFT;
    for (int number = 0; number < plot.series().size(); number++) {
      Plot.Series series = plot.series().get(number);
      String colour = COLOURS.get(number % COLOURS.size());
      StringBuilder points = new StringBuilder();
      for (Plot.Point point : series.points()) {
        points
            .append(tenths(x(point.seconds(), width)))
            .append(',')
            .append(tenths(y(point.value(), top)))
            .append(' ');
      }
      line(
          svg,
          "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"%s\"/>"
              .formatted(colour, points.toString().strip()));
      line(
          svg,
          "<rect x=\"%s\" y=\"33\" width=\"12\" height=\"3\" fill=\"%s\"/>"
              .formatted(tenths(legend), colour));
      line(svg, text(legend + 17, 38, "", series.name()));
      legend += 40 + 7 * series.name().length();
    }
    return svg.append("</svg>\n").toString();
  }

  private static void line(StringBuilder svg, String element) {
    svg.append(element).append('\n');
  }

  private static String text(double x, double y, String attributes, String text) {
    return "<text x=\"%s\" y=\"%s\" %s>%s</text>"
        .formatted(tenths(x), tenths(y), attributes, escaped(text));
  }

  private static String tenths(double number) {
    return String.format(Locale.ROOT, "%.1f", number);
  }

  private static double x(double seconds, double width) {
    return LEFT + seconds / width * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double value, double top) {
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
  }

  /** 1, 2 or 5 times a power of ten, at least {@code step}. */
  private static double niceStep(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    for (double factor : new double[] {1, 2, 5}) {
      if (factor * power >= step) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String label(double value, double step) {
    int digits = Math.max(0, (int) -Math.floor(Math.log10(step)));
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
