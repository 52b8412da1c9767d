package dev.keepgate.kernel.backend;

/**
 * What the arithmetic runs on, as the libraries themselves report it.
 *
 * @param name of the ND4J backend and its device
 * @param blas name and version of the library of matrix products
 * @param coreType for which processor the library's kernels were written
 * @param blasThreads threads of one call
 * @param processors that the JVM may use
 */
public record BackendInfo(
    String name, String blas, String coreType, int blasThreads, int processors) {}
