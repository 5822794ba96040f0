package io.faultline.architecture.violations.switches;

import java.util.List;

/** Switches that catch what is left, and others that may. The names of methods say which. */
final class Shapes {

  private Shapes() {}

  sealed interface Shape {
    record Square(long side) implements Shape {}

    record Circle(long radius) implements Shape {}

    record Line(long length) implements Shape {}
  }

  record Drawing<S extends Shape>(S shape, String name) {}

  static long badDefaultOfAnExpression(Shape shape) {
    return switch (shape) {
      case Shape.Square(long side) -> side;
      default -> 0;
    };
  }

  static long badDefaultOfAStatement(Shape shape) {
    long width = 0;
    switch (shape) {
      case Shape.Square square:
        width = square.side();
        break;
      default:
        break;
    }
    return width;
  }

  static long badDefaultBesideNull(Drawing<? extends Shape> drawing) {
    return switch (drawing.shape()) {
      case Shape.Circle(long radius) -> radius;
      case null, default -> 0;
    };
  }

  static long badPatternForTheRest(Shape shape) {
    return switch (shape) {
      case Shape.Square(long side) -> side;
      case Shape rest -> rest.hashCode();
    };
  }

  static long badDefaultInsideALambda(List<Shape> shapes) {
    return shapes.stream()
        .mapToLong(
            shape ->
                switch (shape) {
                  case Shape.Line(long length) -> length;
                  default -> 0;
                })
        .sum();
  }

  static long fineBecauseAllAreNamed(Shape shape) {
    return switch (shape) {
      case Shape.Square square when square.side() == 0 -> 0;
      case Shape.Square(long side) -> side;
      case Shape.Circle circle -> circle.radius();
      case Shape.Line line -> line.length();
    };
  }

  static long fineBecauseTextIsNotSealed(String text) {
    return switch (text) {
      case "square" -> 1;
      default -> 0;
    };
  }

  static long fineBecauseObjectsAreNotSealed(Object any) {
    return switch (any) {
      case Shape.Square(long side) -> side;
      default -> 0;
    };
  }
}
