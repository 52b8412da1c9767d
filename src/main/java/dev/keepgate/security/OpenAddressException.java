package dev.keepgate.security;

/** A server that asks nobody who they are would be reached from other machines. */
final class OpenAddressException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param setting that names the address
   */
  OpenAddressException(String setting, String address) {
    super(
        "%s=%s is reached from other machines, and whoever reaches it could load and delete models:"
                .formatted(setting, address)
            + " the server has no keys.");
  }
}
