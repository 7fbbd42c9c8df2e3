/** The name of the argument that is the request's body. */
export const bodyArgument = 'body'

const nameCharsMax = 64

/** Names of arguments: letters, digits, `_`, `.` and `-` alone, since clients refuse others, and each of its own. */
export function createArgumentNames(): (name: string, place: string) => string {
  const used = new Set([bodyArgument])
  return (name, place) => {
    const plain = toArgumentName(name)
    const candidates = [plain, `${plain}_${place}`]
    for (let number = 2; number <= used.size + 2; number += 1) {
      candidates.push(`${plain}_${place}_${number}`)
    }
    const free = candidates.find((candidate) => !used.has(candidate)) ?? plain
    used.add(free)
    return free
  }
}

function toArgumentName(name: string): string {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
    .replaceAll(/^[_.-]+|[_.-]+$/g, '')
    .slice(0, nameCharsMax - '_querystring_999'.length)
  return plain === '' ? 'argument' : plain
}
