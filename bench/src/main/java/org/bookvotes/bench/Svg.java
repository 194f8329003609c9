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
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" font-family=\"sans-serif\""
            + " font-size=\"12\"><title>%s</title><rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>",
        WIDTH,
        HEIGHT,
        escaped(plot.title()));
    line(svg, "<text x=\"%d\" y=\"22\" font-size=\"15\">%s</text>", LEFT, escaped(plot.title()));
    for (double value = 0; value <= top + step / 2; value += step) {
      double y = y(value, top);
      line(
          svg,
          "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\""
              + " text-anchor=\"end\">%s</text>",
          LEFT,
          WIDTH - RIGHT,
          y,
          y,
          LEFT - 6,
          y + 4,
          label(value, step));
    }
    line(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
        LEFT - 6,
        TOP - 14,
        escaped(plot.unit()));
    boolean minutes = width > 300;
    double unit = minutes ? 60 : 1;
    double timeStep = niceStep(width / unit / STEPS);
    for (double time = 0; time <= width / unit + 1e-9; time += timeStep) {
      line(
          svg,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
          x(time * unit, width),
          HEIGHT - BOTTOM + 18,
          label(time, timeStep) + (minutes ? " min" : " s"));
    }
    int number = 0;
    double legend = LEFT;
    for (Plot.Series series : plot.series()) {
      String colour = COLOURS.get(number++ % COLOURS.size());
      StringBuilder points = new StringBuilder();
      for (Plot.Point point : series.points()) {
        points.append(
            String.format(
                Locale.ROOT, "%.1f,%.1f ", x(point.seconds(), width), y(point.value(), top)));
      }
      line(
          svg,
          "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" points=\"%s\"/>",
          colour,
          points.toString().strip());
      line(
          svg,
          "<rect x=\"%.0f\" y=\"32\" width=\"12\" height=\"3\" fill=\"%s\"/><text x=\"%.0f\" y=\"38\">%s</text>",
          legend,
          colour,
          legend + 17,
          escaped(series.name()));
      legend += 40 + 7 * series.name().length();
    }
    return svg.append("</svg>\n").toString();
  }

  private static void line(StringBuilder svg, String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
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
