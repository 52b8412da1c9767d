package dev.keepgate.api.rest;

import dev.keepgate.api.http.BodyLimit;
import dev.keepgate.api.http.HttpCancellation;
import dev.keepgate.api.http.HttpProperties;
import dev.keepgate.importer.ModelFormat;
import dev.keepgate.importer.SideFiles;
import dev.keepgate.registry.ModelRegistry;
import dev.keepgate.registry.Upload;
import dev.keepgate.tensor.TensorFormatException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.tomcat.util.http.fileupload.FileItemIterator;
import org.apache.tomcat.util.http.fileupload.FileItemStream;
import org.apache.tomcat.util.http.fileupload.FileUpload;
import org.apache.tomcat.util.http.fileupload.FileUploadException;
import org.apache.tomcat.util.http.fileupload.InvalidFileNameException;
import org.apache.tomcat.util.http.fileupload.MultipartStream.MalformedStreamException;
import org.apache.tomcat.util.http.fileupload.UploadContext;
import org.apache.tomcat.util.http.fileupload.impl.FileUploadIOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponseException;
import org.springframework.web.multipart.MultipartException;
import org.springframework.web.server.ResponseStatusException;

/** Streams models' files from requests to the repository's disk, some requests at a time. */
@Component
class UploadReader {

  private static final int MAX_CONFIG = 1 << 20;
  private static final int MAX_PART_HEADER = 1 << 12;
  private static final String FORM = "multipart/form-data";

  private final ModelRegistry registry;
  private final UploadProperties properties;
  private final long maxBytes;
  private final Semaphore places;

  UploadReader(ModelRegistry registry, UploadProperties properties, HttpProperties http) {
    this.registry = registry;
    this.properties = properties;
    this.maxBytes = http.maxModel().toBytes();
    this.places = new Semaphore(properties.maxConcurrent(), true);
  }

  /**
   * Reads a request's files, and hands them on.
   *
   * @param format where the content is not to be asked
   * @throws ErrorResponseException if too many others are at it (429), or too little comes (408)
   */
  <R> R read(HttpServletRequest request, @Nullable String format, Function<Upload, R> use)
      throws IOException {
    ModelFormat known = format == null ? null : format(format);
    if (!isPlaceAcquired()) {
      HttpCancellation.leaveBody(request);
      throw refusal();
    }
    try (InputStream body = body(request);
        Upload upload = registry.newUpload(Math.max(0, request.getContentLengthLong()))) {
      if (known != null) {
        upload.format(known);
      }
      String type = request.getContentType();
      if (type != null && type.toLowerCase(Locale.ROOT).startsWith(FORM)) {
        readForm(new Form(type, body), upload);
      } else {
        readFile(body, upload);
      }
      return use.apply(upload);
    } catch (ResponseStatusException e) {
      HttpCancellation.leaveBody(request);
      throw e;
    } finally {
      places.release();
    }
  }

  private static ModelFormat format(String id) {
    return ModelFormat.of(id)
        .orElseThrow(
            () ->
                new TensorFormatException(
                    "?format",
                    "'%s' is no format; known are %s"
                        .formatted(
                            id,
                            Arrays.stream(ModelFormat.values()).map(ModelFormat::id).toList())));
  }

  private boolean isPlaceAcquired() {
    try {
      return places.tryAcquire(properties.fullWait().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private ErrorResponseException refusal() {
    HttpStatus status = HttpStatus.TOO_MANY_REQUESTS;
    ErrorResponseException refusal =
        new ErrorResponseException(
            status,
            ProblemDetail.forStatusAndDetail(
                status,
                "%d models are being uploaded, as many as may be at once; try again later"
                    .formatted(properties.maxConcurrent())),
            null);
    refusal.getHeaders().set(HttpHeaders.RETRY_AFTER, "1");
    refusal.getHeaders().set(HttpHeaders.CONNECTION, "close");
    return refusal;
  }

  private InputStream body(HttpServletRequest request) throws IOException {
    return new SlowUpload(
        BodyLimit.of(request, maxBytes),
        properties.stallTimeout(),
        properties.minProgress().toBytes());
  }

  private static void readFile(InputStream body, Upload upload) throws IOException {
    try (OutputStream file = upload.newFile("model")) {
      if (body.transferTo(file) == 0) {
        throw new TensorFormatException("", "the body is empty; it should be a model's file");
      }
    }
  }

  /** A request whose body is a form. */
  private record Form(String contentType, InputStream body) implements UploadContext {
    @Override
    public String getCharacterEncoding() {
      return StandardCharsets.UTF_8.name();
    }

    @Override
    public String getContentType() {
      return contentType;
    }

    /** Not known: the body has a limit of its own. */
    @Override
    public long contentLength() {
      return -1;
    }

    @Override
    public InputStream getInputStream() {
      return body;
    }
  }

  /** Part by part as they come, so that nothing is kept anywhere but in the upload. */
  private static void readForm(Form form, Upload upload) throws IOException {
    FileUpload reader = new FileUpload();
    reader.setPartHeaderSizeMax(MAX_PART_HEADER);
    boolean hasFile = false;
    boolean hasConfig = false;
    Set<String> beside = new HashSet<>();
    try {
      FileItemIterator parts = reader.getItemIterator(form);
      while (parts.hasNext()) {
        FileItemStream part = parts.next();
        switch (part.getFieldName()) {
          case "file" -> {
            readPart(part, part.getName() == null ? "model" : part.getName(), upload);
            hasFile = true;
          }
          case "config" -> {
            if (hasConfig) {
              throw new TensorFormatException("/config", "is given twice");
            }
            upload.config(readConfig(part));
            hasConfig = true;
          }
          case SideFiles.SCALER,
              SideFiles.TARGET_SCALER,
              SideFiles.LABELS,
              SideFiles.THRESHOLD,
              SideFiles.VOCABULARY,
              SideFiles.EXPECTED -> {
            if (!beside.add(part.getFieldName())) {
              throw new TensorFormatException("/" + part.getFieldName(), "is given twice");
            }
            readPart(part, part.getFieldName() + extension(part.getName()), upload);
          }
          default ->
              throw new TensorFormatException(
                  TensorFormatException.token(part.getFieldName()),
                  "is unknown; known parts are file, config, scaler, target_scaler, labels,"
                      + " threshold, vocabulary, expected");
        }
      }
    } catch (FileUploadException
        | FileUploadIOException
        | MalformedStreamException
        | InvalidFileNameException e) {
      throw new MultipartException("the form is damaged: " + e.getMessage(), e);
    }
    if (!hasFile) {
      throw new TensorFormatException("/file", "is missing");
    }
  }

  private static String extension(@Nullable String name) {
    return name == null || name.lastIndexOf('.') < 0 ? "" : name.substring(name.lastIndexOf('.'));
  }

  private static void readPart(FileItemStream part, String name, Upload upload) throws IOException {
    try (InputStream body = part.openStream();
        OutputStream file = upload.newFile(name)) {
      body.transferTo(file);
    }
  }

  private static byte[] readConfig(FileItemStream part) throws IOException {
    try (InputStream body = part.openStream()) {
      byte[] config = body.readNBytes(MAX_CONFIG + 1);
      if (config.length > MAX_CONFIG) {
        throw new TensorFormatException("/config", "is longer than 1 MiB");
      }
      return config;
    }
  }
}
