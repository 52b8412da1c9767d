package dev.keepgate.importer.framework.onnx;

import dev.keepgate.importer.ImportException;
import dev.keepgate.importer.framework.onnx.Value.Constant;
import dev.keepgate.importer.framework.onnx.Value.Data;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The operator Einsum of two tensors, none of whose letters comes twice in a term. */
final class EinsumOperator {

  private EinsumOperator() {}

  static List<Value> apply(OperatorCall call) throws IOException, ImportException {
    String equation = call.node().string("equation", "").replace(" ", "");
    String[] sides = equation.split("->", -1);
    String[] terms = sides[0].split(",", -1);
    if (sides.length != 2 || terms.length != 2 || !isPlain(terms[0], terms[1], sides[1])) {
      throw call.refuse(
          "the equation '%s' is not of two tensors and plain letters".formatted(equation));
    }
    String first = terms[0];
    String second = terms[1];
    if (!call.isData(0) && !call.isData(1)) {
      throw call.refuse("it is of two constants");
    }
    Data a = data(call, 0, 1);
    Data b = data(call, 1, 0);
    if (a.rank() != first.length() || b.rank() != second.length()) {
      throw call.refuse("the equation '%s' does not fit its inputs".formatted(equation));
    }
    if (!call.isData(1)) {
      List<Value> dense = dense(call, a, new Terms(first, second, sides[1]));
      if (dense != null) {
        return dense;
      }
    }
    return List.of(product(call, a, b, new Terms(first, second, sides[1])));
  }

  private record Terms(String a, String b, String out) {}

  private static boolean isPlain(String... terms) {
    for (String term : terms) {
      boolean isOfLetters =
          term.toLowerCase(Locale.ROOT).chars().allMatch(letter -> letter >= 'a' && letter <= 'z');
      if (!isOfLetters || term.chars().distinct().count() != term.length()) {
        return false;
      }
    }
    return true;
  }

  private static Data data(OperatorCall call, int input, int other)
      throws IOException, ImportException {
    return call.isData(input)
        ? call.data(input)
        : Joining.constant(call, call.numbers(input), call.data(other));
  }

  /** A constant second tensor that shares with the first only what is summed; else null. */
  private static @Nullable List<Value> dense(OperatorCall call, Data a, Terms terms)
      throws IOException, ImportException {
    String summed = letters(terms.a(), terms.b(), true);
    String own = letters(terms.b(), terms.a(), false);
    if (summed.length() != 1
        || own.length() != 1
        || terms.b().length() != 2
        || terms.out().contains(summed)) {
      return null;
    }
    Constant numbers = call.numbers(1);
    Constant kernel =
        terms.b().startsWith(summed)
            ? numbers
            : ConstantFolding.transpose(call, numbers, List.of(1, 0));
    int at = terms.a().indexOf(summed);
    Data result = ProductOperators.dense(call, a, at, new ProductOperators.Kernel(kernel), null);
    String order = terms.a().replace(summed, own);
    if (order.length() != terms.out().length()) {
      return null;
    }
    List<List<Axis>> dims = new ArrayList<>();
    for (int i = 0; i < terms.out().length(); i++) {
      char letter = terms.out().charAt(i);
      if (order.indexOf(letter) < 0) {
        throw call.refuse("its result has a letter of no input");
      }
      dims.add(result.dims().get(order.indexOf(letter)));
    }
    return List.of(result.withDims(dims));
  }

  private static String letters(String of, String other, boolean isShared) {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < of.length(); i++) {
      char letter = of.charAt(i);
      if ((other.indexOf(letter) >= 0) == isShared) {
        letters.append(letter);
      }
    }
    return letters.toString();
  }

  private static List<Axis> axes(Data data, String term, String letters) {
    List<Axis> axes = new ArrayList<>();
    for (int i = 0; i < letters.length(); i++) {
      char letter = letters.charAt(i);
      axes.addAll(data.dims().get(term.indexOf(letter)));
    }
    return axes;
  }

  private static Data product(OperatorCall call, Data a, Data b, Terms terms)
      throws ImportException {
    ProductOperators.Product product = new ProductOperators.Product(call, a, b);
    String shared = letters(terms.a(), terms.b(), true);
    String lead = letters(shared, terms.out(), true);
    String summed = letters(shared, terms.out(), false);
    String rows = letters(terms.a(), terms.b(), false);
    String columns = letters(terms.b(), terms.a(), false);
    List<List<Axis>> leads = new ArrayList<>();
    for (int i = 0; i < lead.length(); i++) {
      char letter = lead.charAt(i);
      leads.add(
          product.lead(
              a.dims().get(terms.a().indexOf(letter)), b.dims().get(terms.b().indexOf(letter))));
    }
    if (!(lead + rows + columns).chars().allMatch(each -> terms.out().indexOf(each) >= 0)
        || terms.out().length() != (lead + rows + columns).length()) {
      throw call.refuse("it sums over a letter of one tensor alone");
    }
    Data result =
        product.of(
            axes(a, terms.a(), rows),
            axes(a, terms.a(), summed),
            axes(b, terms.b(), summed),
            axes(b, terms.b(), columns));
    List<Axis> made = result.dims().get(1);
    List<List<Axis>> dims = new ArrayList<>();
    for (int i = 0; i < terms.out().length(); i++) {
      char letter = terms.out().charAt(i);
      if (lead.indexOf(letter) >= 0) {
        dims.add(leads.get(lead.indexOf(letter)));
      } else if (rows.indexOf(letter) >= 0) {
        dims.add(a.dims().get(terms.a().indexOf(letter)));
      } else {
        int from = axes(b, terms.b(), columns.substring(0, columns.indexOf(letter))).size();
        int count = b.dims().get(terms.b().indexOf(letter)).size();
        dims.add(made.subList(from, from + count));
      }
    }
    return result.withDims(dims);
  }
}
