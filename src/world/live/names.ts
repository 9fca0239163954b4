/** Gives texts small codes, in the order in which they are first seen. */
export class Names {
  readonly list: string[] = [];
  private readonly codes = new Map<string, number>();

  code(name: string): number {
    let code = this.codes.get(name);
    if (code === undefined) {
      code = this.list.push(name) - 1;
      this.codes.set(name, code);
    }
    return code;
  }
}
