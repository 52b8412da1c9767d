package dev.keepgate.api.openapi;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.type.TypeFactory;
import io.swagger.v3.core.converter.AnnotatedType;
import io.swagger.v3.core.converter.ModelConverter;
import io.swagger.v3.core.converter.ModelConverterContext;
import io.swagger.v3.oas.models.media.Schema;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Says in a record's schema that a field is required where it cannot be null. */
@Component
final class RecordSchemas implements ModelConverter {

  @Override
  public @Nullable Schema<?> resolve(
      AnnotatedType type, ModelConverterContext context, Iterator<ModelConverter> chain) {
    Schema<?> schema = chain.hasNext() ? chain.next().resolve(type, context, chain) : null;
    Class<?> raw = TypeFactory.defaultInstance().constructType(type.getType()).getRawClass();
    if (schema != null && raw.isRecord()) {
      Schema<?> defined = defined(schema, context);
      List<String> required =
          Arrays.stream(raw.getRecordComponents())
              .filter(
                  component -> !component.getAnnotatedType().isAnnotationPresent(Nullable.class))
              .map(RecordSchemas::name)
              .filter(name -> defined.getProperties() != null)
              .filter(name -> defined.getProperties().containsKey(name))
              .toList();
      defined.setRequired(required.isEmpty() ? null : required);
    }
    return schema;
  }

  private static Schema<?> defined(Schema<?> schema, ModelConverterContext context) {
    String reference = schema.get$ref();
    Schema<?> defined =
        reference == null
            ? schema
            : context.getDefinedModels().get(reference.substring(reference.lastIndexOf('/') + 1));
    return defined == null ? schema : defined;
  }

  private static String name(RecordComponent component) {
    JsonProperty property = component.getAccessor().getAnnotation(JsonProperty.class);
    return property == null ? component.getName() : property.value();
  }
}
