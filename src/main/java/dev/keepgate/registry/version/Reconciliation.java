package dev.keepgate.registry.version;

/**
 * Keeps this server's versions in step with its replicas', once those on its own disk are loaded.
 */
public interface Reconciliation extends AutoCloseable {

  /** Begins, and says that the server is ready once it is in step. */
  void start();

  @Override
  void close();
}
