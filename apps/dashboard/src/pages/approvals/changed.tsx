/** Beside what is not as it was the last time. */
export function Changed() {
  return (
    <span className="ml-2 rounded-sm bg-warn-soft px-1.5 font-sans text-[0.8rem] font-medium text-warn outline outline-warn/40">
      changed
    </span>
  )
}
