/** Waits for a promise so long; what comes of it later is dropped. */
export async function within<T>(
  ms: number,
  promise: Promise<T>,
): Promise<{ readonly value: T } | { readonly late: true }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<{ late: true }>((resolve) => {
    timer = setTimeout(() => resolve({ late: true }), ms);
  });
  try {
    return await Promise.race([promise.then((value) => ({ value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
