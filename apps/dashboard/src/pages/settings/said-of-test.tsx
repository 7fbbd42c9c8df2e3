import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { UntrustedText } from '../../components/untrusted-text.tsx'

const saidCharsShown = 300

/** What came of a test, where it was asked for. */
export function SaidOfTest({
  test,
}: {
  test: {
    readonly error: Error | null
    readonly isPending: boolean
    readonly data: { readonly delivered: boolean; readonly message: string } | undefined
  }
}) {
  return (
    <>
      {test.error !== null && (
        <div className="basis-full">
          <ProblemNotice error={test.error} />
        </div>
      )}
      {test.data !== undefined && !test.isPending && (
        <div className="basis-full">
          <Notice
            alert
            tone={test.data.delivered ? 'good' : 'bad'}
            title={test.data.delivered ? 'It was taken.' : 'It did not arrive.'}
          >
            <UntrustedText inline text={test.data.message} limit={saidCharsShown} />
          </Notice>
        </div>
      )}
    </>
  )
}
